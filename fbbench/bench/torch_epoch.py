"""The yardstick: the same widths in torch, as a user would write it, and at its best."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .timing import seconds_of

RATE = 0.01
SHORT = {"float32": "float32", "bfloat16": "bf16"}


@dataclass(frozen=True)
class Way:
    """How torch trains: with which numbers, as written or compiled, and where."""

    numbers: str
    compiled: bool = False
    device: str = "cpu"

    def __str__(self) -> str:
        return f"{'compiled' if self.compiled else 'SGD'} {SHORT[self.numbers]}"


PLAIN = Way("float32")


def ways() -> list[Way]:
    """Return the ways that are timed here, as written first: on the CPU, and on a GPU where there is one."""
    import torch

    found = [PLAIN, Way("float32", compiled=True), Way("bfloat16", compiled=True)]
    if torch.cuda.is_available():
        found += [Way(numbers, compiled=True, device="cuda") for numbers in ("float32", "bfloat16")]
    return found


@contextlib.contextmanager
def threads_of_torch(n_threads: int) -> Iterator[None]:
    """Let torch have so many threads inside a ``with`` block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def torch_epoch(
    features: np.ndarray,
    labels: np.ndarray,
    hidden_layers: Sequence[int],
    n_classes: int,
    batch_size: int,
    *,
    way: Way = PLAIN,
    n_threads: int = 1,
    repeats: int = 3,
) -> tuple[float, float]:
    """Time an epoch of a bias-free ReLU MLP trained by plain SGD.

    At its best: preloaded contiguous tensors, mini-batches are slices (no shuffling, no DataLoader), no bookkeeping of
    accuracy; one epoch to warm up (and to compile), then the best of ``repeats``. As written it has torch's fused
    optimiser; compiled, forward pass, gradients and update are one graph, on a GPU a CUDA graph. bfloat16 stands for
    weights, too, and loses small updates: it is timed, not recommended.

    Returns
    -------
    (float, float)
        Seconds of an epoch, and the GFLOP/s reached (2 operations per multiply-add; forward, weight gradient, and
        input gradient but for the first layer).

    Raises
    ------
    RuntimeError
        If torch cannot compile here, e.g. where there is no C++ compiler.
    """
    import torch

    torch.manual_seed(0)
    x = torch.from_numpy(features).to(way.device, getattr(torch, way.numbers)).contiguous()
    y = torch.from_numpy(labels.astype("int64")).to(way.device)
    sizes = (x.shape[1], *hidden_layers, n_classes)
    step = (compiled_step if way.compiled else written_step)(sizes, x.dtype, way.device)

    def epoch() -> None:
        for first in range(0, len(x), batch_size):
            step(x[first : first + batch_size], y[first : first + batch_size])
        if way.device == "cuda":
            torch.cuda.synchronize()

    with threads_of_torch(n_threads):
        seconds = seconds_of(epoch, rounds=repeats)
    products = [a * b for a, b in itertools.pairwise(sizes)]
    return seconds, 2 * len(x) * (3 * sum(products) - products[0]) / seconds / 1e9


def linear_layers(sizes: Sequence[int], dtype: Any, device: str) -> list:
    """Return bias-free layers, as torch begins them."""
    import torch

    return [
        torch.nn.Linear(n_in, n_out, bias=False, dtype=dtype, device=device)
        for n_in, n_out in itertools.pairwise(sizes)
    ]


def written_step(sizes: Sequence[int], dtype: Any, device: str) -> Callable[[Any, Any], None]:
    """Return what trains on a mini-batch, as users write it."""
    import torch

    *hidden, last = linear_layers(sizes, dtype, device)
    model = torch.nn.Sequential(*itertools.chain(*((layer, torch.nn.ReLU()) for layer in hidden)), last)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, fused=True)
    loss_of = torch.nn.CrossEntropyLoss()

    def step(x: Any, y: Any) -> None:
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def compiled_step(sizes: Sequence[int], dtype: Any, device: str) -> Callable[[Any, Any], None]:
    """Return what trains on a mini-batch, as one compiled graph."""
    import torch

    weights = [layer.weight.detach() for layer in linear_layers(sizes, dtype, device)]

    def loss_of(weights: list, x: Any, y: Any) -> Any:
        for weight in weights[:-1]:
            x = torch.relu(x @ weight.T)
        return torch.nn.functional.cross_entropy((x @ weights[-1].T).float(), y)

    def trained(weights: list, x: Any, y: Any) -> list:
        gradients = torch.func.grad(loss_of)(weights, x, y)
        return [weight - RATE * gradient for weight, gradient in zip(weights, gradients, strict=True)]

    graph = torch.compile(trained, mode="reduce-overhead" if device == "cuda" else None)

    def step(x: Any, y: Any) -> None:
        nonlocal weights
        with torch.no_grad():
            weights = graph(weights, x, y)

    return step


def torch_product(n_rows: int, n_units: int, fan_in: int, numbers: str = "float32") -> tuple[float, float]:
    """Time a matrix product on one thread; returns seconds and GFLOP/s (2 operations a multiply-add)."""
    import torch

    torch.manual_seed(0)
    dtype = getattr(torch, numbers)
    x, w, z = (torch.randn(*shape).to(dtype) for shape in ((n_rows, fan_in), (fan_in, n_units), (n_rows, n_units)))
    with threads_of_torch(1):
        seconds = seconds_of(lambda: torch.mm(x, w, out=z), rounds=30)
    return seconds, 2 * n_rows * n_units * fan_in / seconds / 1e9
