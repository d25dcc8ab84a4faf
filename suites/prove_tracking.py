"""Shows that tracking tracks, in a scratch clone: a planted slowdown and a planted change of accuracy are flagged,
and a commit that changes nothing raises no alarm, ten times: ``python -m suites.prove_tracking``.

Takes about an hour on two cores; ``--only`` runs one part.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
PLANTS = {
    "accuracy": [
        (
            "fbbench/network/rules/base.py",
            "return share_below(robustness, n_read)",
            "return share_below(robustness, n_read) + 2",
        )
    ],
    "slowdown": [
        (
            "fbbench/kernels/step/corrections.h",
            "    int64_t u = 0;\n    for (int64_t first = begin;",
            "    usleep(100);\n    int64_t u = 0;\n    for (int64_t first = begin;",
        ),
        ("fbbench/kernels/step/common.h", "#include <string.h>\n", "#include <string.h>\n#include <unistd.h>\n"),
    ],
}
"""What is planted: (file, a text that stands there once, what takes its place). A test holds them against the files."""

SHOWN = "bench_train.Epoch"


@click.command()
@click.option("--only", type=click.Choice(("slowdown", "accuracy", "nothing")), help="Only this part.")
@click.option("--times", default=10, show_default=True, help="How often a commit that changes nothing is compared.")
def main(only, times):
    """Plant changes in a clone of this repository and see what `suites/track.py` says of them."""
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "fbbench"
        run(ROOT, "git", "clone", "--quiet", str(ROOT), str(clone))
        run(clone, "git", "config", "user.email", "planted@example.org")
        run(clone, "git", "config", "user.name", "Planted")
        if only in (None, "accuracy"):
            plant(clone, "accuracy")
            failed += [] if track(clone, "gate", "HEAD~1") else ["a planted change of accuracy was not flagged"]
            run(clone, "git", "reset", "--quiet", "--hard", "HEAD~1")
        if only in (None, "slowdown"):
            plant(clone, "slowdown")
            flagged = track(clone, "compare", "HEAD~1", "--bench", SHOWN)
            failed += [] if flagged else ["a planted slowdown was not flagged"]
            run(clone, "git", "reset", "--quiet", "--hard", "HEAD~1")
        for number in range(times if only in (None, "nothing") else 0):
            run(clone, "git", "commit", "--quiet", "--allow-empty", "-m", f"Nothing, {number}")
            if track(clone, "compare", "HEAD~1", "--bench", SHOWN):
                failed.append(f"a commit that changes nothing raised an alarm (comparison {number + 1})")
    for text in failed:
        click.echo(f"NOT SHOWN: {text}")
    click.echo("All shown." if not failed else f"{len(failed)} not shown.")
    raise SystemExit(bool(failed))


def planted(text, name, old, new):
    """Return a file's text with a plant; ClickException unless there is one place for it."""
    if text.count(old) != 1:
        raise click.ClickException(f"{name} has {text.count(old)} places like {old!r}; the plant must name just one")
    return text.replace(old, new)


def plant(clone, what):
    """Plant one of ``PLANTS`` in the clone and commit it."""
    for name, old, new in PLANTS[what]:
        path = clone / name
        path.write_text(planted(path.read_text(), name, old, new))
    run(clone, "git", "commit", "--quiet", "--all", "-m", f"Planted: {what}")


def run(folder, *command):
    """Run a command in a folder; end with it if it fails."""
    subprocess.run(command, cwd=folder, check=True)


def track(clone, *arguments):
    """Run the clone's track.py; return whether it flagged something (exit status 1)."""
    done = subprocess.run([sys.executable, "-m", "suites.track", *arguments], cwd=clone, check=False)
    if done.returncode not in (0, 1):
        raise click.ClickException(f"track.py {' '.join(arguments)} ended with status {done.returncode}")
    click.echo(f"track.py {' '.join(arguments)}: {'flagged' if done.returncode else 'no alarm'}")
    return done.returncode == 1


if __name__ == "__main__":
    main()
