"""The BMLP of several epochs together: the last networks of one training (arXiv:2412.00119) vote; the vote is ours."""

import numpy as np

from fbbench import FullyBinaryNetwork
from fbbench.costs import times

from .packed import LayeredNetwork
from .parameters import Count, method


@method
class LastEpochs(LayeredNetwork):
    """BMLP (arXiv:2412.00119) whose last epochs' networks vote: scores, integers, are added.

    Visible weights of every epoch that votes are kept, a bit each; before there are so many epochs, all that there are
    vote.

    Parameters
    ----------
    n_votes : int
        How many epochs' networks vote.
    others : as in :class:`fbbench.FullyBinaryNetwork`
    """

    n_votes: Count = 10

    version = 1

    def _start(self, n_inputs, n_classes):
        super()._start(n_inputs, n_classes)
        self.kept_ = []

    def _train(self, rows, labels):
        accuracy = super()._train(rows, labels)
        arrays = {name: array.copy() for name, array in self.network_.to_arrays().items()}
        self.kept_ = [*self.kept_, arrays][-self.n_votes :]
        return accuracy

    def _predict(self, rows):
        voters = [FullyBinaryNetwork.restored(arrays) for arrays in self.kept_]
        return np.sum([voter.decision_function(rows) for voter in voters], axis=0).argmax(axis=1)

    def checkpoint(self):
        """Return the state as named plain arrays, the networks that vote among them."""
        kept = {
            f"vote_{number}_{name}": array
            for number, arrays in enumerate(self.kept_) for name, array in arrays.items()
        }  # fmt: skip
        return {**super().checkpoint(), "n_kept": np.array(len(self.kept_)), **kept}

    def restore(self, arrays):
        """Go on from what :meth:`checkpoint` returned, bit for bit."""
        super().restore(arrays)
        self.kept_ = [
            {
                name.removeprefix(f"vote_{number}_"): array
                for name, array in arrays.items() if name.startswith(f"vote_{number}_")
            }
            for number in range(int(arrays["n_kept"]))
        ]  # fmt: skip

    def costs(self, task):
        """The BMLP's, and the visible weights of every vote, a bit each; this code keeps them with their counters."""
        one, n = super().costs(task), self.n_votes
        visible = sum(a * b for a, b in zip(self._sizes(task), self.hidden_layers, strict=False))
        return one.with_(
            memory={"votes": n * visible},
            ledger={"votes": n * sum(one.ledger[name] for name in ("hidden weights", "visible weights"))},
            inference_memory=times(one.inference_memory, n, ("visible weights",)),
            inference_gates=times(one.inference_gates, n),
        )
