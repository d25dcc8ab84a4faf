"""An epoch of the full-precision rival; only in suites/asv.torch.conf.json, whose environment has torch."""

from fbbench.baselines.protocol import METHODS, method_class

from .data_for_benchmarks import packed_prototypes


class FloatEpoch:
    params = (["float_mlp", "qat"],)
    param_names = ("method",)
    timeout = 120

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, method):
        try:
            import torch  # noqa: F401
        except ImportError:
            raise NotImplementedError("torch is not in this environment") from None
        if method not in METHODS:
            raise NotImplementedError(f"this commit has no {method}")
        options = {"input": "binary"} if method == "float_mlp" else {}
        self.method = method_class(method)([98, 98], n_bits=1000, random_state=0, **options)
        self.method.partial_fit(*data, classes=range(10))

    def time_epoch(self, data, method):
        self.method.partial_fit(*data, classes=range(10))
