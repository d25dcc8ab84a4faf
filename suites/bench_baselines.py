"""An epoch of every method that needs no torch, with its default parameters."""

from fbbench.baselines.protocol import METHODS, method_class

from .data_for_benchmarks import packed_prototypes

WITHOUT_TORCH = [
    "bmlp",
    "single_layer",
    "bep",
    "ensemble",
    "random_features",
    "nearest_centroid",
    "majority",
    "logistic",
]


class MethodEpoch:
    params = (WITHOUT_TORCH,)
    param_names = ("method",)

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, method):
        if method not in METHODS:
            raise NotImplementedError(f"this commit has no {method}")
        self.method = method_class(method)(n_bits=1000, random_state=0)
        self.method.partial_fit(*data, classes=range(10))

    def time_epoch(self, data, method):
        self.method.partial_fit(*data, classes=range(10))
