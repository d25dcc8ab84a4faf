"""Linear softmax (multinomial logistic regression) by SGD or Adam (torch): the float rival without a hidden layer.

Cox, *The regression analysis of binary sequences*, J. R. Stat. Soc. B 20 (1958), in its form for many classes.
"""

from .float_layers import FloatLayers
from .parameters import method


@method
class Softmax(FloatLayers):
    """Linear softmax by SGD or Adam (torch): a full-precision network without hidden layers.

    Parameters as in :class:`~fbbench.baselines.float_layers.FloatLayers`.
    """

    version = 1
    hidden_layers = ()
