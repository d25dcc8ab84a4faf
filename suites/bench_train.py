"""Training epochs of the binary network: paths, arithmetic, widths, mini-batches, threads."""

import numpy as np

from fbbench import FullyBinaryNetwork, kernels

from .data_for_benchmarks import packed_prototypes

PATHS = [name for name in kernels.offered() if name in kernels.ORDER]


class Epoch:
    """2 000 samples of 1000 bits through two layers."""

    params = (PATHS, ["binary", "ternary"], [135, 525])
    param_names = ("path", "arithmetic", "width")

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, path, arithmetic, width):
        self.network = FullyBinaryNetwork((1000, width, width), 10, group_size=15, arithmetic=arithmetic, seed=0)

    def time_epoch(self, data, path, arithmetic, width):
        with kernels.use(path):
            self.network.train_epoch(*data)


class MiniBatches:
    """The same on the fastest path, by size of the mini-batch."""

    params = ([1, 32, 100, 1000],)
    param_names = ("batch_size",)

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, batch_size):
        self.network = FullyBinaryNetwork((1000, 135, 135), 10, group_size=15, seed=0)

    def time_epoch(self, data, batch_size):
        self.network.train_epoch(*data, batch_size)


class Threads:
    """The same on two cores."""

    params = ([1, 2],)
    param_names = ("n_threads",)

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, n_threads):
        try:
            self.network = FullyBinaryNetwork((1000, 525, 525), 10, group_size=105, seed=0, n_threads=n_threads)
        except (TypeError, ValueError) as error:  # an early commit, or too few cores
            raise NotImplementedError(str(error)) from None

    def time_epoch(self, data, n_threads):
        self.network.train_epoch(*data)


class Perceptron:
    """A pass of the recommended network's perceptron over 2 000 samples."""

    params = (PATHS, [500, 8000])
    param_names = ("path", "n_units")

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, path, n_units):
        try:
            from fbbench import MajorityPerceptron
        except ImportError:
            raise NotImplementedError("this commit has no perceptron") from None
        self.perceptron = MajorityPerceptron(1000, 10, n_units=n_units, n_pairs=n_units // 4, seed=0)
        self.order = np.arange(2000)
        native = kernels.load(path)
        self.train = getattr(native, "train_perceptron", None) or native.perceive  # its name before

    def time_pass(self, data, path, n_units):
        rows, labels = data
        margin = 2 * self.perceptron.n_features
        self.train(self.perceptron, rows, labels.astype(np.int32), self.order, margin, 0, 80)


class Signs(Perceptron):
    """A pass of the one-bit network over 2 000 samples; three rows of ten move weights."""

    def setup(self, data, path, n_units):
        try:
            from fbbench import SignPerceptron
        except ImportError:
            raise NotImplementedError("this commit has no perceptron of signs") from None
        self.perceptron = SignPerceptron(1000, 10, n_units=n_units, n_pairs=n_units // 4, seed=0)
        self.native, self.order = kernels.load(path), np.arange(2000)
        self.labels = data[1].astype(np.int32)
        self.time_pass(data, path, n_units)  # until the margin has found its place

    def time_pass(self, data, path, n_units):
        _, self.perceptron.margin = self.native.train_signs(
            self.perceptron, data[0], self.labels, self.order, self.perceptron.margin, 2000, 0, 0
        )
