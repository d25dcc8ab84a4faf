"""The one rule of timing: warm up once, then the best of a few."""

import time


def seconds_of(function, repeats=1, rounds=3):
    """Return the seconds of one call of ``function``: the best of ``rounds`` of ``repeats`` calls, one before."""

    def one_round():
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        return (time.perf_counter() - start) / repeats

    one_round()
    return min(one_round() for _ in range(rounds))
