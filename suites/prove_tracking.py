"""Shows that tracking tracks, in a scratch clone: ``python -m suites.prove_tracking``.

A planted change of accuracy is flagged; one percent of work planted into one kernel, by its instructions; a planted
sleep, by its time; and a commit that changes nothing raises no alarm, by instructions as by times. Takes hours on two
cores, most of them for the last; ``--only`` runs one part.
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
    "one percent": [
        (
            "fbbench/kernels/step/corrections.h",
            "    int64_t u = 0;\n    for (int64_t first = begin;",
            "    for (volatile int planted = 0; planted < 2200; planted++)\n        ;\n"
            "    int64_t u = 0;\n    for (int64_t first = begin;",
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


PARTS = ("accuracy", "one percent", "slowdown", "nothing by instructions", "nothing by times")


@click.command()
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Only this part; may be repeated.")
@click.option("--times", default=20, show_default=True, help="How often a commit that changes nothing is compared.")
def main(only, times):
    """Plant changes in a clone of this repository and see what `suites/track.py` says of them."""
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "fbbench"
        run(ROOT, "git", "clone", "--quiet", str(ROOT), str(clone))
        run(clone, "git", "config", "user.email", "planted@example.org")
        run(clone, "git", "config", "user.name", "Planted")
        for part in only or PARTS:
            failed += nothing_planted(clone, JUDGES[part], times) if part in JUDGES else is_flagged(clone, part)
    for text in failed:
        click.echo(f"NOT SHOWN: {text}")
    click.echo("All shown." if not failed else f"{len(failed)} not shown.")
    raise SystemExit(bool(failed))


FLAGGED_BY = {
    "accuracy": ("gate", "HEAD~1", "--bench", "bench_quality"),
    "one percent": ("gate", "HEAD~1", "--bench", "bench_instructions"),
    "slowdown": ("compare", "HEAD~1", "--bench", SHOWN),
}
JUDGES = {
    "nothing by instructions": ("gate", "HEAD~1", "--bench", "bench_instructions"),
    "nothing by times": ("compare", "HEAD~1", "--bench", SHOWN),
}
"""What is asked whether a commit is worse."""
SAID = {"accuracy": "track_heldout_accuracy", "one percent": "'avx2', 'train'): "}
"""What must be named among what is flagged."""


def is_flagged(clone, part):
    """Plant something, ask about it and take it away again; return what was not shown."""
    plant(clone, part)
    told = track(clone, *FLAGGED_BY[part])
    flagged = told is not None and SAID.get(part, "") in told
    run(clone, "git", "reset", "--quiet", "--hard", "HEAD~1")
    return [] if flagged else [f"planted, and not flagged: {part}"]


def nothing_planted(clone, judge, times):
    """Ask about commits that change nothing; return what was not shown."""
    failed = []
    for number in range(times):
        run(clone, "git", "commit", "--quiet", "--allow-empty", "-m", f"Nothing, {number}")
        if track(clone, *judge) is not None:
            failed.append(f"a commit that changes nothing raised an alarm (comparison {number + 1})")
    return failed


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
    """Run the clone's track.py; return the lines that it flagged (exit status 1), None where it raised no alarm."""
    command = [sys.executable, "-m", "suites.track", *arguments]
    done = subprocess.run(command, cwd=clone, stdout=subprocess.PIPE, text=True, check=False)
    click.echo(done.stdout)
    if done.returncode not in (0, 1):
        raise click.ClickException(f"track.py {' '.join(arguments)} ended with status {done.returncode}")
    click.echo(f"track.py {' '.join(arguments)}: {'flagged' if done.returncode else 'no alarm'}")
    flags = ("worse:", "better:", "other state:", "lost:", "more instructions:", "slower:")
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith(flags)) if done.returncode else None


if __name__ == "__main__":
    main()
