"""The NumPy reference against loops over Python integers written from the paper's text."""

from hypothesis import given, settings
from plain_rendition import train_batch
from strategies import network_of, problems

from fbbench import kernels
from fbbench.network.files import kept_classifier


@given(problem=problems(max_rows=6, reinforcement=0.0))
@settings(max_examples=100)
def test_reference_is_the_algorithm(problem):
    keywords = problem["keywords"]
    hidden = [h.tolist() for h in problem["hidden"]]
    classifiers = [p.tolist() for p in problem["classifiers"]]
    with kernels.use("reference"):
        network = network_of(problem)
        for x, y in problem["batches"]:
            right = train_batch(
                hidden,
                classifiers,
                x.tolist(),
                y.tolist(),
                group_sizes=keywords["group_size"],
                robustness=keywords["robustness"],
                bound=network.bound,
                ternary=keywords["arithmetic"] == "ternary",
                committee=keywords["committee"],
                trained_classifier=keywords["trained_classifier"],
            )
            assert network.train_batch(x, y) == right
            for number, expected in enumerate(hidden):
                assert network.hidden_weights(number).tolist() == expected
            for number, expected in enumerate(classifiers):
                assert kept_classifier(network, number).tolist() == expected
