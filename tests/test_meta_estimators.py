"""scikit-learn's meta-estimators around the classifier: calibration, votes, stacks, searches, pipelines, DataFrames."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from fbbench import FullyBinaryClassifier, ThermometerEncoder

CANCER = load_breast_cancer(return_X_y=True)
IRIS = load_iris(return_X_y=True)


def ours(**parameters):
    encoder = ThermometerEncoder(8)
    given = {"hidden_layers": (35,), "epochs": 5, "random_state": 0, "encoder": encoder, **parameters}
    return FullyBinaryClassifier(**given)


META = [
    (lambda: CalibratedClassifierCV(ours(), cv=3), CANCER),
    (lambda: CalibratedClassifierCV(ours(), cv=3, method="isotonic"), IRIS),
    (lambda: CalibratedClassifierCV(ours(memory="20kB"), cv=3), IRIS),
    (lambda: StackingClassifier([("a", ours()), ("b", ours(random_state=1))], LogisticRegression()), IRIS),
    (lambda: VotingClassifier([("a", ours()), ("b", ours(random_state=1)), ("c", ours(random_state=2))]), CANCER),
    (lambda: BaggingClassifier(ours(), n_estimators=3, random_state=0), CANCER),
    (lambda: OneVsRestClassifier(ours()), IRIS),
    (lambda: OneVsOneClassifier(ours()), IRIS),
    (lambda: OutputCodeClassifier(ours(), random_state=0), IRIS),
    (lambda: GridSearchCV(ours(), {"robustness": [0.1, 0.25], "hidden_layers": [(20,), (35, 35)]}, cv=2), CANCER),
    (lambda: RandomizedSearchCV(ours(), {"robustness": [0.1, 0.25]}, n_iter=2, cv=2, random_state=0), CANCER),
    (lambda: TunedThresholdClassifierCV(ours(), cv=2), CANCER),
    (lambda: FixedThresholdClassifier(ours(), threshold=0.0), CANCER),
    (lambda: make_pipeline(StandardScaler(), ours()), CANCER),
    (lambda: make_pipeline(SequentialFeatureSelector(ours(epochs=1), n_features_to_select=2, cv=2), ours()), IRIS),
]


@pytest.mark.parametrize(("make", "data"), META, ids=lambda value: type(value()).__name__ if callable(value) else "")
def test_meta_estimator(make, data):
    X, y = data
    model = make().fit(X[::2], y[::2])
    majority = np.bincount(y[1::2]).max() / len(y[1::2])
    assert model.score(X[1::2], y[1::2]) > majority + 0.1


def test_many_outputs():
    X, y = CANCER
    both = np.stack([y, 1 - y], axis=1)
    assert (MultiOutputClassifier(ours()).fit(X, both).predict(X) == both).mean() > 0.8
    assert (ClassifierChain(ours()).fit(X, both).predict(X) == both).mean() > 0.8


def test_cross_validation():
    X, y = CANCER
    assert cross_val_score(ours(), X, y, cv=3).mean() > 0.8
    scores = cross_val_predict(ours(), *IRIS, cv=3, method="decision_function")
    assert scores.shape == (150, 3) and scores.dtype == np.float64


def test_scores_are_whole_numbers_of_float64():
    for memory in (None, "20kB"):
        two, three = ours(memory=memory).fit(*CANCER), ours(memory=memory).fit(*IRIS)
        for scores in (two.decision_function(CANCER[0]), three.decision_function(IRIS[0])):
            assert scores.dtype == np.float64 and (scores == np.round(scores)).all()


def test_frames_in_and_out():
    X = pd.DataFrame(CANCER[0], columns=[f"f{i}" for i in range(CANCER[0].shape[1])])
    pipeline = make_pipeline(StandardScaler(), ThermometerEncoder(4), ours(encoder=None)).set_output(transform="pandas")
    pipeline.fit(X, CANCER[1])
    assert pipeline[:-1].transform(X).columns[0] == "f0_1"
    assert list(pipeline[-1].feature_names_in_) == list(pipeline[:-1].get_feature_names_out())
    assert pipeline.score(X, CANCER[1]) > 0.8


def test_sample_weights_are_refused_in_a_sentence():
    X, y = CANCER
    for call in (ours().fit, lambda *a, **k: ours().partial_fit(*a, classes=[0, 1], **k)):
        with pytest.raises(ValueError, match=r"sample_weight is not supported: .* repeat rows"):
            call(X, y, sample_weight=np.ones(len(y)))
    assert ours().fit(X, y, sample_weight=None).score(X, y) > 0.8


def test_those_that_need_what_it_has_not_say_so():
    """AdaBoost needs weights; self-training needs probabilities: each ends in a sentence."""
    with pytest.raises(ValueError, match="sample_weight"):
        AdaBoostClassifier(ours()).fit(*CANCER)
    X, y = CANCER
    partly = np.where(np.arange(len(y)) % 3, y, -1)
    with pytest.raises((AttributeError, ValueError), match="predict_proba"):
        SelfTrainingClassifier(ours()).fit(X, partly)
    calibrated = CalibratedClassifierCV(ours(), cv=3)
    assert SelfTrainingClassifier(calibrated).fit(X, partly).score(X, y) > 0.8


def test_parameters_survive_clone():
    model = ours(memory="20kB")
    assert clone(model).get_params()["memory"] == "20kB" and clone(clone(model)).get_params()["epochs"] == 5
