"""Amounts of memory in words."""

from __future__ import annotations

import re

UNITS = {"bit": 1, "bits": 1, "kB": 8e3, "MB": 8e6, "GB": 8e9}
SPELT = {unit.lower(): unit for unit in UNITS}
"""Units however they are spelt: 100KB is 100 kB."""

LARGEST_BITS = 8 * 10**15
"""A petabyte; what is larger is a slip of the pen."""


def parse_size(text: object) -> int:
    """Return the bits of a size such as ``"5 MB"`` (5 * 10^6 bytes), ``"300kB"`` or ``"64 bits"``.

    Raises
    ------
    ValueError
        If it is none.
    """
    size = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", str(text).strip())
    unit = SPELT.get(size[2].lower()) if size else None
    if size is None or unit is None or not 1 <= float(size[1]) * UNITS[unit] <= LARGEST_BITS:
        if re.fullmatch(r"\d+(\.\d+)?", str(text).strip()):
            raise ValueError(f"a size needs a unit: '{str(text).strip()} MB' or '{str(text).strip()} kB'? got {text!r}")
        raise ValueError(
            f"a size must be a number and a unit such as '5 MB' ({', '.join(UNITS)}; above 0, at most a million GB); "
            f"got {text!r}"
        )
    return round(float(size[1]) * UNITS[unit])


def in_bytes(bits: float) -> str:
    """Return some bits as people say it: 1.2 kB, 5.1 MB."""
    for unit in ("GB", "MB", "kB"):
        if bits >= UNITS[unit]:
            amount = bits / UNITS[unit]
            return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"
    return f"{bits} bits"
