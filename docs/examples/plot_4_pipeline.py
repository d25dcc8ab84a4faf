"""
In a pipeline, with probabilities
=================================

The classifier is scikit-learn's in every respect: columns of several kinds, cross-validation, calibration.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

from fbbench import FullyBinaryClassifier, SignOneHotEncoder, ThermometerEncoder

wine = load_wine(as_frame=True)
table = wine.data.assign(colour=pd.cut(wine.data.color_intensity, 3, labels=["pale", "middle", "deep"]).astype(str))
encode = make_column_transformer((SignOneHotEncoder(), ["colour"]), remainder=ThermometerEncoder(8))
model = make_pipeline(encode, FullyBinaryClassifier((45,), encoder=None, epochs=20, random_state=0))
scores = cross_val_score(model, table, wine.target, cv=5)
print(f"{scores.mean():.3f} of five folds, from {scores.min():.3f} to {scores.max():.3f}")

# %%
# There is no ``predict_proba``: scores are whole numbers, margins, and no probabilities. What they are worth has to be
# learnt from rows held out, which :class:`sklearn.calibration.CalibratedClassifierCV` does. Two kinds of a noisy
# problem, 2000 rows:

drawn = np.random.default_rng(0)
X = drawn.normal(size=(4000, 10))
y = (X[:, :3].sum(axis=1) + drawn.normal(size=4000) > 0).astype(int)
X, X_heldout, y, y_heldout = train_test_split(X, y, random_state=0)
binary = FullyBinaryClassifier((75,), encoder=ThermometerEncoder(8), epochs=20, random_state=0)
calibrated = CalibratedClassifierCV(binary, method="isotonic", cv=5).fit(X, y)
print(calibrated.predict_proba(X_heldout[:3]).round(2))

# %%
# Of the held-out rows that are given a probability, about that share is of the class.

figure, panel = plt.subplots(figsize=(4, 4), layout="constrained")
shown = CalibrationDisplay.from_estimator(calibrated, X_heldout, y_heldout, n_bins=8, ax=panel, name="one-bit weights")
off = np.abs(shown.prob_true - shown.prob_pred)
print(f"mean distance {off.mean():.3f}")
