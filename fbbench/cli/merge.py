"""``fbbench merge``: stores of several machines into one."""

from pathlib import Path

import click

from ..experiments import Store
from ..experiments.rows.merge import merge, source_of
from .asked import errors_in_one_line, store_option
from .console import escape, make_console


@click.command("merge")
@click.argument("folders", nargs=-1, required=True, metavar="STORE...")
@store_option
@errors_in_one_line
def merge_stores(folders, folder):
    """Copy the outcomes of other STOREs, or files of `fbbench pack`, into the one of --store. Nothing is overwritten.

    A cell with two different outcomes is reported, and the one in --store stays: exit status 1. Times and environments
    may differ; failures are not copied.
    """
    target, sources = Store(folder), []
    for name in folders:
        if not Path(name).exists():
            raise click.ClickException(f"there is no store {name}; nothing was merged")
        if target.folder.resolve() == Path(name).resolve():
            raise click.ClickException(f"{name} is the store that is merged into; name others")
        try:
            sources.append(source_of(name))
        except ValueError as error:
            raise click.ClickException(f"{error}; nothing was merged") from None
    merged = merge(sources, target)
    console = make_console()
    for key, theirs, mine, differing, source in merged.conflicts:
        console.print(f"[red]two outcomes[/] {escape(conflict_text(key, theirs, mine, differing, source))}",
                      highlight=False, soft_wrap=True)  # fmt: skip
    for text in merged.damaged:
        console.print(f"[red]not read:[/] {escape(text)}", highlight=False, soft_wrap=True)
    console.print(
        f"{merged.added} added to {escape(folder)}, {merged.same} were there with the same outcome, "
        f"{len(merged.conflicts)} with another one (kept as they were), {len(merged.damaged)} damaged.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    if merged.conflicts or merged.damaged:
        raise SystemExit(1)


def conflict_text(key, theirs, mine, differing, source):
    """Return in a sentence how two rows of a cell differ, and what may be behind it."""
    identity, asked = mine["identity"], mine["asked"]
    what = f"{key[:8]} {identity['dataset']}, {asked['method_id']} {asked['shape']}, seed {identity['seed']}"
    accuracies = (
        f"held-out {mine['outcome']['heldout_accuracy']:.2f} % here, "
        f"{theirs['outcome']['heldout_accuracy']:.2f} % in {source.folder}"
    )
    software = sorted(
        name
        for name in ("cpu", "kernel_path", "python", "packages", "commit")
        if mine["environment"].get(name) != theirs["environment"].get(name)
    )
    behind = f"; the machines differ in {', '.join(software)}" if software else ""
    return f"{what}: {accuracies}; {', '.join(differing)} differ{behind}"
