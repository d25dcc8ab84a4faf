"""
Your own data
=============

A classifier of scikit-learn's kind: numbers in, labels out. It makes bits of the numbers by their medians, which it
learns from the training rows alone.
"""

from sklearn.datasets import load_breast_cancer
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from fbbench import FullyBinaryClassifier, ThermometerEncoder

X, y = load_breast_cancer(return_X_y=True)
X, X_heldout, y, y_heldout = train_test_split(X, y, random_state=0, stratify=y)
bits = FullyBinaryClassifier((135, 135), epochs=30, random_state=0).fit(X, y)
print(f"one bit a number: {bits.score(X_heldout, y_heldout):.3f} on rows it has not seen")

# %%
# One bit a number is little where there are thirty columns. A thermometer has as many bits a number as it is given
# thresholds, at quantiles of the training rows.

thermometers = FullyBinaryClassifier((135, 135), encoder=ThermometerEncoder(16), epochs=30, random_state=0).fit(X, y)
print(f"sixteen: {thermometers.score(X_heldout, y_heldout):.3f}")
ConfusionMatrixDisplay.from_estimator(thermometers, X_heldout, y_heldout, colorbar=False)
# %%
# Weights are -1 and +1, and so are activations; training moved integers of eight bits by two at a time.

network = thermometers.network_
print(network)
print(network.hidden_weights(0)[:2, :12])
