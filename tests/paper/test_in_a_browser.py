"""The report and the site in a browser: no error, no overflow, nothing that axe-core calls serious; the explorer works.

Needs playwright for Python and a Chromium (CHROMIUM names it); axe-core where AXE names its axe.min.js.
"""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from stores import TINY

from fbbench.cli import main as fbbench
from paper.build import main as build

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
LINKS = "[...document.querySelectorAll('a[href], img[src]')].map(e => e.href || e.src)"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "tiny.toml").write_text(TINY.replace('["digits"]', '["random_prototypes", "digits"]'))
    suite, store = str(folder / "tiny.toml"), str(folder / "store")
    assert CliRunner().invoke(fbbench, ["run", suite, "--store", store, "-j", "1"]).exit_code == 0
    done = CliRunner().invoke(build, [suite, "--store", store, "--out", str(folder / "out")])
    assert done.exit_code == 0, done.output
    return (folder / "out" / "tiny" / "report.html").as_uri()


class Watched:
    """A page that remembers what went wrong."""

    def __init__(self, browser, address, width=1280, scheme="light"):
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.wrong = []
        self.page.on("console", lambda message: message.type == "error" and self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("requestfailed", lambda request: self.wrong.append(request.url))
        self.page.goto(address)

    def check(self, width):
        """Assert that nothing went wrong, overflows, or is hard to read."""
        assert self.wrong == []
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width
        if axe := os.environ.get("AXE"):
            self.page.evaluate(Path(axe).read_text(encoding="utf-8"))
            found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            serious = [
                f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")
            ]
            assert serious == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_is_sound(browser, report, width, scheme):
    watched = Watched(browser, report, width, scheme)
    watched.page.wait_for_selector("#chart svg")
    watched.check(width)


def test_the_explorer_filters_tells_and_leads_to_rows(browser, report):
    page = Watched(browser, report).page
    page.wait_for_selector("#chart svg .mark-symbol path")
    assert page.text_content("#explore-count").startswith("2 points of 2 lines")
    page.select_option("#explore-dataset", "")
    page.wait_for_function("document.querySelector('#explore-count').textContent.startsWith('4 points')")
    page.fill("#explore-words", "committee")
    page.wait_for_function("document.querySelector('#explore-count').textContent.startsWith('2 points')")
    assert "words=committee" in page.url
    mark = page.locator("#chart svg .mark-symbol.role-mark path").first
    mark.hover()
    page.wait_for_selector("#vg-tooltip-element.visible")
    told = page.text_content("#vg-tooltip-element")
    assert "95 % interval" in told and "Committee" in told
    mark.click()
    page.wait_for_selector("#row-panel tbody tr")
    assert page.locator("#row-panel tbody tr").count() == 2 and "#rows-tiny-" in page.url


def test_deep_links_lead_to_a_view_a_table_a_claim_and_a_row(browser, report):
    page = Watched(browser, f"{report}#explore:dataset=digits;suite=tiny;x=memory").page
    page.wait_for_selector("#chart svg")
    assert page.input_value("#explore-dataset") == "digits" and page.input_value("#explore-x") == "memory"
    page = Watched(browser, f"{report}#table-tiny-1").page
    page.wait_for_selector("#tables-tiny tbody tr")
    assert page.text_content("#tables-tiny button[aria-pressed=true]") == "Memory"
    page.locator("#tables-tiny tbody a").first.click()
    page.wait_for_selector("#row-panel tbody tr")
    key = page.locator("#row-panel tbody td").first.text_content()
    page = Watched(browser, f"{report}#row-{key}").page
    page.wait_for_selector("#row-panel tr.found")
    assert page.locator("#row-panel tr.found td").first.text_content() == key


def test_tables_are_searched_and_sorted(browser, report):
    page = Watched(browser, f"{report}#table-tiny-0").page
    page.wait_for_selector("#tables-tiny tbody tr")
    page.fill("#tables-tiny input", "digits committee")
    assert page.text_content("#tables-tiny [aria-live]") == "1 of 4 lines"
    page.fill("#tables-tiny input", "")
    header = page.locator("#tables-tiny th", has_text="measured %")
    column = header.evaluate("cell => cell.cellIndex")

    def shown():
        cells = page.locator(f"#tables-tiny tbody tr td:nth-child({column + 1})").all_text_contents()
        return [float(cell.split()[0]) for cell in cells]

    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "ascending" and shown() == sorted(shown())
    header.locator("button").click()
    assert shown() == sorted(shown(), reverse=True)


@pytest.mark.skipif(not SITE.is_dir(), reason="the site is not built: make docs")
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_of_the_site_is_sound(browser, width):
    for path in sorted(SITE.rglob("*.html")):
        watched = Watched(browser, path.as_uri(), width)
        try:
            watched.check(width)
        except AssertionError as error:
            raise AssertionError(f"{path.relative_to(SITE)}: {error}") from None
        for link in watched.page.evaluate(
            "[...document.querySelectorAll('a[href], img[src]')].map(e => e.href || e.src)"
        ):
            if link.startswith("file://"):
                place, _, name = link.removeprefix("file://").partition("#")
                assert Path(place.partition("?")[0]).exists(), f"{path.name} leads to {place}"
                del name
        watched.page.close()


@pytest.mark.skipif(not SITE.is_dir(), reason="the site is not built: make docs")
def test_search_works_offline(browser):
    page = Watched(browser, f"{(SITE / 'search.html').as_uri()}?q=reinforcement").page
    page.wait_for_function("document.querySelectorAll('#search-results li a').length >= 3")
    assert "How it works" in page.text_content("#search-results")
