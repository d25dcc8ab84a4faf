"""The one rule of timing: warm up once, then the best of a few."""


def best_of(seconds_of, repeats):
    """Call ``seconds_of`` (which returns seconds) once to warm up, then ``repeats`` times; return the smallest."""
    seconds_of()
    return min(seconds_of() for _ in range(repeats))
