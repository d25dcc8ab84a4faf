"""The fully binary network: layers trained one by one with local error signals, with XNOR, popcount and increments.

The algorithm is that of Colombo, Pittorino, Roveri 2025 (arXiv:2412.00119), section 3. For every mini-batch and layer:

1. z = W a (XNOR and popcount), a' = sign(z); the layer's fixed random classifier P predicts the class, argmax P a'.
2. A sample whose local prediction is wrong, or leads by less than floor(r K), *triggers* the layer.
3. The row of P of its label says which sign every unit should have. In every group of gamma units, the wrong unit
   with the smallest ``|z|`` moves towards it: H += 2 d a. The increments of the mini-batch add up.
4. Reinforcement (Baldassi 2009, arXiv:1211.3024): every hidden weight moves away from 0 by 2 with probability
   p = p_r sqrt(1 - accuracy) sqrt(2 / (pi D)), if any sample triggered.
5. H is clipped to its width once, and W = sign(H).

Layers only share activations; no error travels backwards. The loops are in :mod:`fbbench.kernels`, whose
``reference.py`` is the readable form; here are the parameters (``parameters.py``), the start state (``start.py``), the
network itself, its files, the training rules and the read-outs.
"""

from .fully_binary import FullyBinaryNetwork
from .parameters import NetworkParameters, thread_count
from .propagating import ErrorPropagatingNetwork

__all__ = ["ErrorPropagatingNetwork", "FullyBinaryNetwork", "NetworkParameters", "thread_count"]
