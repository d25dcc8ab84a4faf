"""The site of all benchmarks, in a real browser: the grid and a graph of every family are drawn, without an error."""

import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from suites import site_libraries

ROOT = Path(__file__).parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGE = '<script src="https://a.example/x/{name}" integrity="sha256-0" crossorigin="anonymous"></script><a href="https://b.example/">'


def test_foreign_scripts_are_replaced_by_copies(tmp_path, monkeypatch):
    monkeypatch.setattr(site_libraries, "read_from_packages", lambda wanted: dict.fromkeys(wanted, b"copy"))
    (tmp_path / "index.html").write_text(PAGE.format(name="md5.min.js"))
    assert site_libraries.make_self_contained(tmp_path) == ["md5.min.js"]
    assert (tmp_path / "md5.min.js").read_bytes() == b"copy"
    assert (tmp_path / "index.html").read_text() == '<script src="md5.min.js"></script><a href="https://b.example/">'


def test_an_unknown_script_is_said_and_nothing_changes(tmp_path):
    (tmp_path / "index.html").write_text(PAGE.format(name="new.js"))
    with pytest.raises(ValueError, match=r"takes new\.js from elsewhere"):
        site_libraries.make_self_contained(tmp_path)
    assert (tmp_path / "index.html").read_text() == PAGE.format(name="new.js")


def test_a_package_that_is_not_what_it_should_be_is_refused(tmp_path, monkeypatch):
    def npm(command, **options):
        (tmp_path / "x.tgz").write_bytes(b"something else")
        return subprocess.CompletedProcess(command, 0, "x.tgz\n", "")

    monkeypatch.setattr(site_libraries.subprocess, "run", npm)
    with pytest.raises(ValueError, match="another SHA-512"):
        site_libraries.fetch("jquery@3.3.1", tmp_path)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Publish the committed results, self-contained; return the site's folder and its address on a local server."""
    if BROWSER is None or shutil.which("npm") is None:
        pytest.skip("needs Chromium and npm")
    if not list((ROOT / "suites" / "results").glob("*/*-*.json")):
        pytest.skip("no results of benchmarks are in suites/results")
    folder = tmp_path_factory.mktemp("site")
    config = json.loads((ROOT / "asv.conf.json").read_text())
    for key in ("repo", "benchmark_dir", "results_dir"):
        config[key] = str(ROOT / config[key])
    config |= {"env_dir": str(folder / "env"), "html_dir": str(folder / "html")}
    (folder / "asv.conf.json").write_text(json.dumps(config))
    asv = Path(sys.executable).parent / "asv"
    subprocess.run([asv, "publish", "HEAD", "--config", folder / "asv.conf.json"], cwd=ROOT, check=True)
    site_libraries.make_self_contained(folder / "html")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder / "html", f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def opened(address, tmp_path):
    """Return the page as the browser has drawn it, and what its console said."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom",
               "--virtual-time-budget=20000", f"--user-data-dir={tmp_path}", "--window-size=1280,900",
               address]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.network
def test_the_grid_shows_every_benchmark(site, tmp_path):
    folder, address = site
    page, console = opened(address, tmp_path)
    assert console == []
    known = json.loads((folder / "index.json").read_text())["benchmarks"]
    assert len(known) >= 10
    for name in known:
        assert f'href="#{name}' in page, name


@pytest.mark.network
def test_a_graph_of_every_family_is_drawn(site, tmp_path):
    folder, address = site
    families = {}
    for name in json.loads((folder / "index.json").read_text())["benchmarks"]:
        families.setdefault(name.split(".")[0], name)
    assert len(families) >= 6
    for name in families.values():
        page, console = opened(f"{address}#{name}", tmp_path)
        assert console == [], name
        graph = page[page.index('id="graph-display"') :]
        assert 'class="flot-base"' in graph, name
        assert len(re.findall(r'class="flot-tick-label', graph)) >= 3, name
