"""Predicting: one sample, a thousand, and ten thousand at once."""

from fbbench import FullyBinaryNetwork

from .data_for_benchmarks import packed_prototypes


class Predict:
    params = ([1, 1000, 10_000], ["binary", "ternary"])
    param_names = ("n_rows", "arithmetic")

    def setup_cache(self):
        return packed_prototypes(10_000)

    def setup(self, data, n_rows, arithmetic):
        self.rows = data[0][:n_rows]
        self.network = FullyBinaryNetwork((1000, 525, 525), 10, group_size=105, arithmetic=arithmetic, seed=0)

    def time_predict(self, data, n_rows, arithmetic):
        self.network.predict(self.rows)
