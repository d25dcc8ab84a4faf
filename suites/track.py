"""Speed, memory and results over commits, by asv: ``python -m suites.track run | gate BASE | compare BASE | site``.

Exact values judge first, among them instructions; times, which machines move, judge second. ``make bench``,
``make bench-compare BASE=main`` and ``make bench-site`` call it.
"""

import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from .site_libraries import make_self_contained

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "asv.conf.json"
EXACT = "bench_quality|bench_instructions|bench_device"
"""Benchmarks whose values are the same at every run; all but instructions must not change at all ..."""
INSTRUCTIONS = "track_instructions"
INSTRUCTION_TOLERANCE = 0.005
"""... and these not grow by more."""
NIGHTLY = "bench_steps"
"""Benchmarks that take minutes."""
TIMES = "time_|timeraw_"
LEAST_FACTOR = 1.1
CONFIRMATIONS = 3
"""A benchmark counts as slower when it was in as many comparisons, one after another."""
HIGHER_IS_BETTER = ("heldout_accuracy",)


class NotCompared(click.ClickException):
    """What keeps a judgement from being made; another exit status than that of a judgement."""

    exit_code = 2


@click.group()
def main():
    """Benchmarks of commits of this repository."""


@main.command()
@click.option("--quick", is_flag=True, help="Every benchmark once, to see that all run; nothing is saved.")
@click.option("--nightly", is_flag=True, help="Those that take minutes, too: AVX-512's instructions.")
@click.option("--bench", help="Only benchmarks that match.")
@click.argument("commit", default="HEAD")
def run(quick, nightly, bench, commit):
    """Run benchmarks on a commit (HEAD where none is given) and save the results."""
    refuse_changes()
    asv("machine", "--yes")
    before = saved()
    wanted = bench or ("." if nightly else f"^(?!{NIGHTLY})")
    options = ["--bench", wanted, *(["--quick", "--dry-run"] if quick else [])]
    status = asv("run", *options, f"{commit_of(commit)}^!", check=False)
    say_what_was_saved(before)
    raise SystemExit(status)


@main.command()
@click.argument("base")
@click.option("--bench", default=EXACT, show_default=True, help="Only benchmarks that match.")
def gate(base, bench):
    """Compare what is exact on BASE and HEAD: accuracy, state, bytes, gates, instructions. Exit status 1 if any of them
    changed; instructions may become fewer, and half a percent more."""
    refuse_changes()
    asv("machine", "--yes")
    commits = [commit_of(base), commit_of("HEAD")]
    with tempfile.TemporaryDirectory() as folder:
        config = other_results(folder)
        for commit in commits:
            asv("run", "--config", config, "--bench", bench, f"{commit}^!")
        old, new = (values_of(folder, commit) for commit in commits)
    if not old or not new:
        raise NotCompared(f"no benchmark gave a value {'here' if old else f'on {base}'}; nothing was compared")
    counted = [name for name in old if INSTRUCTIONS in name]
    if unheld := [name for name in new if INSTRUCTIONS in name and name not in old]:
        click.echo(f"{len(unheld)} counts of instructions have none on {base} to be held against.")
    for name in counted:
        click.echo(f"{name}: {old[name]:,.0f} -> {told(old[name], new.get(name))}")
    if not counted and bench == EXACT:
        click.echo("No instructions were counted: valgrind is missing, or see above.")
    changes = changes_between(old, new)
    for name, before, after, verdict in changes:
        click.echo(f"{verdict}: {name}: {before} -> {after}")
    click.echo(f"{len(old)} exact values on {base}, {len(counted)} of them instructions; {len(changes)} changed.")
    raise SystemExit(any(verdict != FEWER for *_, verdict in changes))


@main.command()
@click.argument("base")
@click.option("--bench", default=TIMES, show_default=True, help="Only benchmarks that match.")
def compare(base, bench):
    """Compare times on BASE and HEAD, rounds taken in turn, after BASE against itself, which shows the noise. What is
    slower is compared again, twice. Exit status 1 if it was each time."""
    refuse_changes()
    asv("machine", "--yes")
    commit = commit_of(base)
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        for folder in (first, second):
            asv("run", "--config", other_results(folder), "--bench", bench, f"{commit}^!")
        same = values_of(first, commit), values_of(second, commit)
    noise = noise_between(*same)
    factor = max(LEAST_FACTOR, math.exp(1.5 * noise))
    click.echo(
        f"Noise: {base} differs from itself by up to {100 * (math.exp(noise) - 1):.0f} %; a change counts from a "
        f"factor of {factor:.2f} on."
    )
    before = saved()
    suspects, ratios = None, []
    while suspects != set() and len(ratios) < CONFIRMATIONS:
        ratios.append(ratios_of(commit, bench, factor, keep=not ratios))
        slow = {name for name, ratio in ratios[-1].items() if ratio > factor}
        suspects = slow if suspects is None else suspects & slow
        bench = "|".join(sorted({re.escape(name.split(" (")[0]) for name in suspects}))
    say_what_was_saved(before)
    for name, ratio in ratios[0].items():
        own = same[1].get(name, math.nan) / same[0].get(name, math.nan)
        click.echo(f"{name}: {ratio:.2f} times {base}'s, which was {own:.2f} times its own")
    for name in sorted(suspects):
        click.echo(f"slower: {name}: {', '.join(f'{ratio[name]:.2f}' for ratio in ratios)} times {base}'s, in turn")
    click.echo(f"{len(ratios[0])} times compared, {len(suspects)} slower in each of {len(ratios)} comparisons.")
    raise SystemExit(1 if suspects else 0)


@main.command()
@click.option(
    "--self-contained", is_flag=True, help="With copies of the scripts that the page else takes from other hosts."
)
def site(self_contained):
    """Make the site of all saved results in .asv/html."""
    asv("publish", "HEAD")
    if self_contained:
        try:
            make_self_contained(ROOT / ".asv" / "html")
        except (OSError, ValueError) as error:
            raise NotCompared(str(error)) from None
    click.echo(f"Open {ROOT / '.asv' / 'html' / 'index.html'} through a web server, e.g. `asv preview`.")


def ratios_of(base, bench, factor, *, keep):
    """Time matching benchmarks on a commit and on HEAD, rounds taken in turn; return HEAD's share of the commit's
    time by benchmark, infinite where HEAD's has failed. Results are saved only with ``keep``."""
    with tempfile.TemporaryDirectory() as folder:
        config = CONFIG if keep else other_results(folder)
        known = ["--config", config, "--interleave-rounds", "--bench", bench, "--factor", f"{factor:.3f}"]
        asv("continuous", *known, base, "HEAD", check=False)
        place = results_folder() if keep else folder
        old, new = values_of(place, base), values_of(place, commit_of("HEAD"))
    if not old:
        raise NotCompared(f"no benchmark that matches {bench!r} gave a time on {base}; nothing was compared")
    wanted = re.compile(bench)
    return {name: new.get(name, math.inf) / before for name, before in old.items() if wanted.search(name)}


def asv(*arguments, check=True):
    """Run asv in the repository; return its exit status, or end with it."""
    command = [str(Path(sys.executable).parent / "asv"), *map(str, arguments)]
    if arguments[0] != "machine" and "--config" not in arguments:
        command += ["--config", str(CONFIG)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if check and done.returncode:
        raise NotCompared(f"`{' '.join(command)}` ended with status {done.returncode}")
    return done.returncode


def git(*arguments):
    """Return what git says."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def commit_of(name):
    """Return the full hash of a commit; ClickException if there is none."""
    try:
        return git("rev-parse", f"{name}^{{commit}}")
    except subprocess.CalledProcessError:
        raise NotCompared(f"there is no commit {name!r}") from None


def refuse_changes():
    """Raise ClickException if tracked files, results apart, differ from HEAD: asv measures commits, not what lies in
    the folder."""
    if changed := git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!suites/results"):
        raise NotCompared(f"commit or stash first; asv measures commits, and these differ:\n{changed}")


def other_results(folder):
    """Return a configuration like this project's that keeps its results in another folder."""
    config = json.loads(CONFIG.read_text())
    for key in ("repo", "benchmark_dir", "env_dir", "html_dir"):
        config[key] = str(ROOT / config[key])
    config["results_dir"] = str(folder)
    path = Path(folder) / "asv.conf.json"
    path.write_text(json.dumps(config))
    return path


def values_of(folder, commit):
    """Return the results of a commit in a folder: number by "benchmark (parameters)"."""
    found = {}
    for path in Path(folder).glob(f"*/{commit[:8]}*.json"):
        content = json.loads(path.read_text())
        columns = content["result_columns"]
        for name, line in content["results"].items():
            entry = dict(zip(columns, line, strict=False))
            for parameters, value in zip(combinations(entry.get("params") or []), entry["result"] or [], strict=False):
                if value is not None and not math.isnan(value):
                    found[f"{name} ({', '.join(parameters)})"] = value
    return found


def combinations(params):
    """Return all combinations of parameters, in asv's order."""
    rows = [()]
    for values in params:
        rows = [(*row, str(value)) for row in rows for value in values]
    return rows


FEWER = "fewer instructions"


def told(before, after):
    """Return e.g. "1,010 (+1.00 %)"."""
    return "nothing" if after is None else f"{after:,.0f} ({100 * (after / before - 1):+.2f} %)"


def changes_between(old, new):
    """Return (name, before, after, what it is) of exact values that changed or went away."""
    changes = []
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            changes.append((name, before, "nothing", "lost"))
        elif INSTRUCTIONS in name:
            if abs(after - before) > INSTRUCTION_TOLERANCE * before:
                changes.append((name, before, after, FEWER if after < before else "more instructions"))
        elif after != before:
            if "state_hash" in name:
                verdict = "other state"
            elif any(good in name for good in HIGHER_IS_BETTER):
                verdict = "better" if after > before else "worse"
            else:
                verdict = "better" if after < before else "worse"
            changes.append((name, before, after, verdict))
    return changes


def noise_between(first, second):
    """Return the largest absolute logarithm of the ratio of two measurements of the same thing."""
    pairs = [(value, second[name]) for name, value in first.items() if name in second]
    return max((abs(math.log(after / before)) for before, after in pairs if before > 0 and after > 0), default=0.0)


def saved():
    """Return the result files there are, with their times."""
    paths = results_folder().glob("*/*.json")
    return {path: path.stat().st_mtime_ns for path in paths if path.name != "machine.json"}


def results_folder():
    """Return where results are kept."""
    return ROOT / json.loads(CONFIG.read_text())["results_dir"]


def say_what_was_saved(before):
    """Say which result files are new."""
    new = [path for path, time in saved().items() if before.get(path) != time]
    for path in new:
        click.echo(f"Saved: {path.relative_to(ROOT)}")
    if not new:
        click.echo("Nothing was saved: asv has run nothing, or has failed (see above).")


if __name__ == "__main__":
    main()
