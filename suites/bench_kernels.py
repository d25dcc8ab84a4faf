"""The xnor-popcount product on every native path of this machine."""

import numpy as np

from fbbench import kernels


class Product:
    params = ([name for name in kernels.offered() if name in kernels.ORDER], [784, 4096])
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
