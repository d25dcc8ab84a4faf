"""Widths whose memory is nearest to a budget."""

from __future__ import annotations

from collections.abc import Callable


def match_width(budget_bits: float, cost_of: Callable[[int], float], *, step: int = 1, largest: int = 1 << 15) -> int:
    """Return the multiple of ``step`` whose cost is nearest to a budget; of two equally near ones the smaller.

    Parameters
    ----------
    budget_bits : int
    cost_of : callable
        Cost in bits of a width; must grow with it.
    step, largest : int
        Widths tried: step, 2 step, .. up to ``largest``.

    Raises
    ------
    ValueError
        If even the smallest width costs more than twice the budget, or the budget lies above the largest width's cost.
    """
    low, high = 1, largest // step
    if cost_of(step) > 2 * budget_bits:
        raise ValueError(f"budget of {budget_bits} bits is too small: the smallest width takes {cost_of(step)}")
    if cost_of(high * step) < budget_bits:
        raise ValueError(
            f"budget of {budget_bits} bits is above that of the largest size tried, {high * step}, which takes "
            f"{cost_of(high * step)}; the method's knob says how large it may be"
        )
    while low < high:  # the first width at or above the budget
        middle = (low + high) // 2
        if cost_of(middle * step) < budget_bits:
            low = middle + 1
        else:
            high = middle
    below = max(low - 1, 1)
    nearest = min((below, low), key=lambda k: (abs(cost_of(k * step) - budget_bits), k))
    return nearest * step
