"""
A budget of memory
==================

``memory=`` chooses the largest one-bit network that fits with its training rows, by the memory model of the paper.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fbbench import FullyBinaryClassifier

X, y = load_digits(return_X_y=True)
X, X_heldout, y, y_heldout = train_test_split(X, y, random_state=0, stratify=y)
budgets = [20, 30, 50, 100, 200]
found = []
for kilobytes in budgets:
    model = FullyBinaryClassifier(memory=f"{kilobytes}kB", random_state=0).fit(X, y)
    found.append(100 * model.score(X_heldout, y_heldout))
    print(f"{kilobytes:>4} kB: {model.network_.n_units:>5} units, {found[-1]:.1f} % of held-out rows")

# %%
# Beyond the memory of the rows, which is 11 kB here, every kilobyte buys units.

figure, panel = plt.subplots(figsize=(5, 3), layout="constrained")
panel.plot(budgets, found, marker="o", color="#cc79a7")
panel.set_xscale("log")
panel.set_xticks(budgets, budgets)
panel.minorticks_off()
panel.set_xlabel("memory of training, kB")
panel.set_ylabel("held-out accuracy, %")
# %%
# What does not fit is said, with the least that would.

try:
    FullyBinaryClassifier(memory="5kB", random_state=0).fit(X, y)
except ValueError as error:
    print(error)
