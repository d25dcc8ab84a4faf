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
SLEEP = (
    "    int64_t u = 0;\n    for (int64_t first = begin;",
    "    usleep(100);\n    int64_t u = 0;\n    for (int64_t first = begin;",
)
MARGIN = ("margin=math.floor(self.robustness * n_read)", "margin=math.floor(self.robustness * n_read) + 2")
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
            plant(clone, "fbbench/network.py", *MARGIN)
            failed += [] if track(clone, "gate", "HEAD~1") else ["a planted change of accuracy was not flagged"]
            run(clone, "git", "reset", "--quiet", "--hard", "HEAD~1")
        if only in (None, "slowdown"):
            plant(clone, "fbbench/kernels/body.h", *SLEEP)
            plant(
                clone,
                "fbbench/kernels/common.h",
                "#include <string.h>\n",
                "#include <string.h>\n#include <unistd.h>\n",
                amend=True,
            )
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


def plant(clone, name, old, new, amend=False):
    """Replace some text in a file of the clone and commit it."""
    path = clone / name
    text = path.read_text()
    if text.count(old) != 1:
        raise click.ClickException(f"{name} has {text.count(old)} places like {old!r}; the plant must name just one")
    path.write_text(text.replace(old, new))
    run(
        clone,
        "git",
        "commit",
        "--quiet",
        "--all",
        *(["--amend", "--no-edit"] if amend else ["-m", f"Planted in {name}"]),
    )


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
