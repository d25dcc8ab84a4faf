"""The published read-out: the last layer's classifier."""

from typing import ClassVar

from .base import KernelReadOut


class Last(KernelReadOut):
    """y = P a of the last layer (arXiv:2412.00119, section 3)."""

    name: ClassVar[str] = "last"
    place: ClassVar[int] = 0
