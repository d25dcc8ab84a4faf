"""The algorithm once more, in loops over Python integers, from the paper's text: what the reference is held against.

No reinforcement: that part is random and is tested on its own.
"""

import math


def sign(value, ternary):
    if value == 0:
        return 0 if ternary else 1
    return 1 if value > 0 else -1


def argmax(values):
    return max(range(len(values)), key=lambda c: (values[c], -c))


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def easiest(candidates, z):
    return min(candidates, key=lambda i: (abs(z[i]), i))


def train_batch(
    hidden, classifiers, x, y, *, group_sizes, robustness, bound, ternary, committee=False, trained_classifier=False
):
    """Train all layers on a mini-batch, in place; lists of lists of int. Returns the number of right predictions."""
    right = 0
    inputs = [list(row) for row in x]
    for weights, kept, g in zip(hidden, classifiers, group_sizes, strict=True):
        classifier = [[sign(p, ternary) for p in row] for row in kept] if trained_classifier else kept
        classifier_increments = [[0] * len(row) for row in kept]
        n_units = len(weights)
        visible = [[sign(h, ternary) for h in row] for row in weights]
        groups = [range(first, first + g) for first in range(0, n_units, g)]
        n_read = len(groups) if committee else n_units
        increments = [[0] * len(row) for row in weights]
        outputs, right = [], 0
        for a, label in zip(inputs, y, strict=True):
            z = [dot(row, a) for row in visible]
            out = [sign(v, ternary) for v in z]
            outputs.append(out)
            read = [sign(sum(out[i] for i in group), ternary) for group in groups] if committee else out
            scores = [dot(row, read) for row in classifier]
            winner = argmax(scores)
            lead = scores[winner] - max(s for c, s in enumerate(scores) if c != winner)
            right += winner == label
            if winner == label and lead >= math.floor(robustness * n_read):
                continue
            if trained_classifier and scores[label] < 0:
                for j, value in enumerate(out):
                    classifier_increments[label][j] += 2 * value
            for number, group in enumerate(groups):
                if committee:
                    d = classifier[label][number]
                    if read[number] * d != -1:
                        continue
                    wanted = dict.fromkeys(group, d)
                else:
                    wanted = {i: classifier[label][i] for i in group}
                wrong = [i for i in group if out[i] * wanted[i] == -1]
                if wrong:
                    i = easiest(wrong, z)
                    for j, value in enumerate(a):
                        increments[i][j] += 2 * wanted[i] * value
        learning = zip([*weights, *kept], [*increments, *classifier_increments], strict=True)
        for row, more in learning if trained_classifier else zip(weights, increments, strict=True):
            for j, value in enumerate(more):
                row[j] = max(-bound, min(bound, row[j] + value))
        inputs = outputs
    return right


def propagate_batch(hidden, classifier, x, y, *, group_sizes, robustness, gate, bound):
    """Train all layers on a mini-batch by error propagation, in place. Returns the number of right predictions."""
    visible = [[[sign(h, False) for h in row] for row in weights] for weights in hidden]
    increments = [[[0] * len(row) for row in weights] for weights in hidden]
    n_right = 0
    for a, label in zip(x, y, strict=True):
        into, sums, out = [list(a)], [], []
        for weights in visible:
            sums.append([dot(row, into[-1]) for row in weights])
            out.append([sign(v, False) for v in sums[-1]])
            into.append(out[-1])
        scores = [dot(row, out[-1]) for row in classifier]
        n_right += argmax(scores) == label
        lead = scores[label] - max(s for c, s in enumerate(scores) if c != label)
        if lead >= robustness * len(out[-1]):
            continue
        wanted = [None] * len(visible)
        wanted[-1] = list(classifier[label])
        for number in range(len(visible) - 2, -1, -1):
            above = number + 1
            limit = math.floor(gate * len(visible[above][0]))
            kept = [w if abs(z) <= limit else 0 for w, z in zip(wanted[above], sums[above], strict=True)]
            wanted[number] = [
                sign(sum(visible[above][j][i] * kept[j] for j in range(len(kept))), False)
                for i in range(len(out[number]))
            ]
        for number, g in enumerate(group_sizes):
            for first in range(0, len(out[number]), g):
                wrong = [i for i in range(first, first + g) if out[number][i] != wanted[number][i]]
                if wrong:
                    i = easiest(wrong, sums[number])
                    for j, value in enumerate(into[number]):
                        increments[number][i][j] += 2 * wanted[number][i] * value
    for weights, more in zip(hidden, increments, strict=True):
        for row, of_row in zip(weights, more, strict=True):
            for j, value in enumerate(of_row):
                row[j] = max(-bound, min(bound, row[j] + value))
    return n_right
