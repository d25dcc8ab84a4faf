"""The yardstick: the same widths in torch float32, at its best."""

import itertools

from .timing import seconds_of


def torch_epoch(features, labels, hidden_layers, n_classes, batch_size, *, n_threads=1, repeats=3):
    """Time an epoch of a bias-free ReLU MLP trained by plain SGD.

    At its best: preloaded contiguous float32 tensors, mini-batches are slices (no shuffling, no DataLoader), fused
    optimiser, no bookkeeping of accuracy; one epoch to warm up, then the best of ``repeats``.

    Returns
    -------
    (float, float)
        Seconds of an epoch, and the GFLOP/s reached (2 operations per multiply-add; forward, weight gradient, and
        input gradient but for the first layer).
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
    x = torch.from_numpy(features).contiguous()
    y = torch.from_numpy(labels.astype("int64"))
    sizes = (x.shape[1], *hidden_layers, n_classes)
    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out, bias=False), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, fused=True)
    loss_of = torch.nn.CrossEntropyLoss()

    def epoch():
        for first in range(0, len(x), batch_size):
            loss = loss_of(model(x[first : first + batch_size]), y[first : first + batch_size])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    seconds = seconds_of(epoch, rounds=repeats)
    torch.set_num_threads(before)
    products = [a * b for a, b in itertools.pairwise(sizes)]
    return seconds, 2 * len(x) * (3 * sum(products) - products[0]) / seconds / 1e9


def torch_product(n_rows, n_units, fan_in):
    """Time a float32 matrix product on one thread; returns seconds and GFLOP/s (2 operations a multiply-add)."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, w, z = torch.randn(n_rows, fan_in), torch.randn(fan_in, n_units), torch.empty(n_rows, n_units)
    seconds = seconds_of(lambda: torch.mm(x, w, out=z), rounds=30)
    torch.set_num_threads(before)
    return seconds, 2 * n_rows * n_units * fan_in / seconds / 1e9
