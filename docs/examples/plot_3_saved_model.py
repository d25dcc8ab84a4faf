"""
A saved model, and one that leaves
==================================

Networks are saved as plain arrays, never as pickles, and go on training from where they were, bit for bit.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from fbbench import FullyBinaryNetwork, MedianBinarizer

X, y = load_digits(return_X_y=True)
x = MedianBinarizer().fit_transform(X)
network = FullyBinaryNetwork((64, 135, 135), 10, group_size=45, seed=0)
for _ in range(3):
    accuracy = network.train_epoch(x, y)
print(f"{accuracy:.3f} in the third epoch")

folder = Path(tempfile.mkdtemp())
network.save(folder / "network.npz")
again = FullyBinaryNetwork.load(folder / "network.npz")
network.train_epoch(x, y)
again.train_epoch(x, y)
print("the same after a fourth epoch:", network.state_hash() == again.state_hash())

# %%
# :mod:`fbbench.export` takes a model out of the library: as C that predicts, or goes on learning, without a library or
# floats; as an ONNX graph; as arrays that a few lines of NumPy predict with.

from fbbench.export import plain_arrays, write_c  # noqa: E402

header = write_c(network, folder / "device", training=True)
print(f"{header.table_bytes} bytes of tables, {len(header.state)} of what learns")

arrays = plain_arrays(network)
rows = x
for layer in range(2):
    rows = np.where(rows @ arrays[f"weights_{layer}"].T.astype(int) >= 0, 1, -1)
classes = (rows @ arrays["classifier_1"].T.astype(int)).argmax(axis=1)
print("the same classes by NumPy alone:", (classes == network.predict(x)).all())
