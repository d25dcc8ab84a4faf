"""The kernels on every native path of this machine: the xnor-popcount product and the reinforcement draws."""

import numpy as np

from fbbench import kernels

try:
    from fbbench.kernels.random import hit_cuts
except ImportError:  # before the draws were 34-bit
    hit_cuts = None

PATHS = [name for name in kernels.offered() if name in kernels.ORDER]


class Product:
    """512 rows against 512 units."""

    params = (PATHS, [784, 4096])
    param_names = ("path", "fan_in")

    def setup(self, path, fan_in):
        words = -(-fan_in // 64)
        random = np.random.default_rng(0)
        self.x, self.w = (random.integers(0, 2**64, size=(512, words), dtype=np.uint64) for _ in range(2))
        if fan_in % 64:
            for rows in (self.x, self.w):
                rows[:, -1] &= np.uint64((1 << (fan_in % 64)) - 1)
        self.product = kernels.load(path).product

    def time_product(self, path, fan_in):
        self.product(self.x, None, self.w, None, fan_in)


class Draws:
    """Reinforcement draws for 1 280 000 weights."""

    params = (PATHS,)
    param_names = ("path",)

    def setup(self, path):
        if hit_cuts is None:
            raise NotImplementedError("this commit draws otherwise")
        self.cuts, self.bernoulli = hit_cuts(2**20), kernels.load(path).bernoulli

    def time_bernoulli(self, path):
        self.bernoulli(7, self.cuts, 20_000)
