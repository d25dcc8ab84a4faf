"""Full-precision MLP trained by SGD or Adam (torch), as the paper compares with (arXiv:2412.00119, section 4.3)."""

from .float_layers import FloatLayers
from .parameters import Widths, method, positional
from .rows import HiddenLayers


@method
class FloatMLP(FloatLayers, HiddenLayers):
    """Full-precision MLP trained by SGD or Adam (torch).

    Parameters
    ----------
    hidden_layers : sequence of int
    others : as in :class:`~fbbench.baselines.float_layers.FloatLayers`
        optimizer, input, value_bits, all_samples, learning_rate, schedule, momentum, weight_decay, gradient_buffer,
        n_threads.
    """

    version = 1
    width_step = 1

    hidden_layers: Widths = positional((5, 5))
