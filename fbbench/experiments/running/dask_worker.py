"""What runs in a Dask worker: the first functions are sent there as they are, so that they answer where fbbench is
missing; the others are imported by them from the worker's own fbbench. Cells and rows travel as plain values.
"""


def describe_worker():
    """Return what a worker says of itself, before it gets a cell: plain values, whatever is installed there."""
    try:
        import fbbench
        from fbbench import kernels
        from fbbench.experiments.planning.cells import RESULT_VERSION
        from fbbench.experiments.running.dask_worker import run_cell  # noqa: F401 (whether it is there)
    except Exception as error:
        return {"reason": f"{type(error).__name__}: {error}"}
    return {"version": fbbench.__version__, "result_version": RESULT_VERSION, "kernel_version": kernels.VERSION}


def run_on_worker(values, seconds):
    """Return ``("row", row)``, ``("unfit", reason, worker's address)`` or ``("unwanted",)`` of a cell's values."""
    try:
        from fbbench.experiments.running.dask_worker import run_cell
    except Exception as error:
        from distributed import get_worker

        return "unfit", f"fbbench cannot be used there ({type(error).__name__}: {error})", get_worker().address
    return run_cell(values, seconds)


for sent_as_it_is in (describe_worker, run_on_worker):
    sent_as_it_is.__module__ = "__main__"  # what tells cloudpickle to send the code, not the name of a module


def values_of(planned):
    """Return a planned cell as plain values; :func:`planned_from` makes it again."""
    import dataclasses

    cell = {field.name: getattr(planned.cell, field.name) for field in dataclasses.fields(planned.cell)}
    return {"cell": {**cell, "params": dict(planned.cell.params)}, "identity": planned.identity, "key": planned.key}


def planned_from(values):
    """Return the planned cell that :func:`values_of` described."""
    from ..planning.agenda import PlannedCell
    from ..planning.cells import Cell

    cell = Cell(**{**values["cell"], "params": tuple(values["cell"]["params"].items())})
    return PlannedCell(cell, values["identity"], values["key"])


def run_cell(values, seconds):
    """Run a cell in this worker; returns what :func:`run_on_worker` does."""
    import time

    from distributed import get_worker
    from distributed.worker import thread_state

    from ...datasets.places import cache_folder
    from ..rows.checkpoint import checkpoint_file
    from .attempt import Unfit, Unwanted, attempt
    from .local_engine import too_long
    from .one_cell import HOW, compute_with_one_thread, one_cell_at_a_time

    task = get_worker().state.tasks[thread_state.key]

    def give_up_if_unwanted(_epochs):
        if task.state == "cancelled":  # the runner was stopped, or has died
            raise Unwanted
        if seconds["cell"] is not None and time.monotonic() - started > seconds["cell"]:
            raise TimeoutError(f"its process {too_long(seconds['cell'])}")

    with one_cell_at_a_time:
        started = time.monotonic()
        compute_with_one_thread()
        planned = planned_from(values)
        checkpoint = checkpoint_file(cache_folder() / "checkpoints", planned.key, seconds["checkpoint"])
        try:
            give_up_if_unwanted(0)
            row = attempt(planned, HOW, checkpoint, give_up_if_unwanted)
        except Unfit as error:
            return "unfit", str(error), get_worker().address
        except Unwanted:
            return ("unwanted",)
        if "outcome" in row:  # a failure keeps it, for another try
            checkpoint.path.unlink(missing_ok=True)
        return "row", row
