"""Peak memory of a process that trains, with all that it imports."""

from fbbench.baselines.protocol import method_class

from .data_for_benchmarks import packed_prototypes


class Peak:
    params = ([135, 525],)
    param_names = ("width",)

    def setup(self, width):
        self.data = packed_prototypes(5000)

    def peakmem_training(self, width):
        method = method_class("bmlp")([width, width], n_bits=1000, random_state=0)
        method.partial_fit(*self.data, classes=range(10))
