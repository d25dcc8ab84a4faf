"""``fbbench rm``: remove outcomes from a store, after asking."""

import click

from ..experiments.planning.cells import is_outdated
from ..experiments.rows.locks import locked_elsewhere
from ..nearest import nearest
from .asked import errors_in_one_line, existing_store, say_what_is_damaged, store_option
from .console import harmless, make_console


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@store_option
@click.option("--dataset", help="Rows on this data set.")
@click.option("--method", help="Rows of this method, by the name it has in the suite, or of the package.")
@click.option("--checksum", help="Rows on data whose checksum begins so.")
@click.option("--failed", is_flag=True, help="Only cells that failed.")
@click.option("--outdated", is_flag=True, help="Only rows of earlier versions of fbbench or a method.")
@click.option("--all", "everything", is_flag=True, help="Everything in the store.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@errors_in_one_line
def rm(keys, folder, dataset, method, checksum, failed, outdated, everything, yes):
    """Remove outcomes from a store: those of KEYs (or beginnings of them), or those that all options given describe."""
    if not (keys or failed or outdated or everything) and (dataset, method, checksum) == (None, None, None):
        raise click.UsageError(
            "say what to remove: KEYs, --dataset, --method, --checksum, --failed, --outdated or --all"
        )
    if "" in (*keys, dataset, method, checksum):
        raise click.UsageError("a KEY or an option is empty; --all removes everything")
    store = existing_store(folder)
    done, failures, damaged = store.readable()
    rows = failures if failed else {**done, **failures}
    chosen = dict(rows)
    if keys or everything:  # what cannot be read can be chosen by its key alone
        chosen.update(dict.fromkeys(damaged))
    else:
        say_what_is_damaged(make_console(), damaged)
    if keys:
        for key in keys:
            if not any(name.startswith(key) for name in chosen):
                raise click.UsageError(f"no cell in {folder} has a key that begins with {key!r}")
        chosen = {name: row for name, row in chosen.items() if name.startswith(keys)}
    if dataset:
        chosen = called(chosen, "data set", dataset, lambda row: {row["identity"]["dataset"]}, folder)
    if method:
        names = lambda row: {row["asked"]["method_id"], row["identity"]["method"]}  # noqa: E731
        chosen = called(chosen, "method", method, names, folder)
    if checksum:
        chosen = {k: row for k, row in chosen.items() if row and row["identity"]["checksum"].startswith(checksum)}
    if outdated:
        chosen = {k: row for k, row in chosen.items() if row and is_outdated(row["identity"])}
    refuse_running(store, chosen)
    if not chosen and not (everything and store.checkpointed()):
        click.echo(f"No cell in {folder} matches.")
        return
    for name, count in sorted(counted(chosen).items()):
        click.echo(f"  {harmless(name)}: {count}")
    if everything and (kept := len(store.checkpointed())):
        click.echo(f"  trainings kept between epochs: {kept}")
    if not yes:
        click.confirm(f"Remove these {len(chosen)} cells from {folder}?", abort=True)
    refuse_running(store, chosen)  # a run may have been started meanwhile
    for key in chosen:
        if (
            not failed or chosen[key] is None or store.has_failed(key)
        ):  # one that has been run again meanwhile is no failure any more
            store.remove(key)
    if everything:
        store.remove_checkpoints(but_of=locked_elsewhere(store, store.checkpointed()))
    click.echo(f"{len(chosen)} removed, {len(store.done())} left.")


def called(rows, what, name, names_of, folder):
    """Return those of some rows (by key) that have a name; UsageError, with the nearest one, if none has it."""
    chosen = {key: row for key, row in rows.items() if row and name in names_of(row)}
    if not chosen:
        known = {known for row in rows.values() if row for known in names_of(row)}
        raise click.UsageError(f"no cell in {folder} to remove is of a {what} {name!r}{nearest(name, known)}")
    return chosen


def refuse_running(store, keys):
    """Raise ClickException if another process runs one of some cells."""
    running = locked_elsewhere(store, keys)
    if running:
        raise click.ClickException(f"{len(running)} of these cells are being run now; stop the run first")


def counted(rows):
    """Return how many rows there are of each data set and method."""
    counts = {}
    for row in rows.values():
        if row is None:
            name = "damaged"
        else:
            what = "failed" if "error" in row else "done"
            name = f"{row['identity']['dataset']}, {row['asked']['method_id']}, {what}"
        counts[name] = counts.get(name, 0) + 1
    return counts
