"""An example or two of every command, which its help ends with."""

EXAMPLES = {
    "bench": ["fbbench bench --no-torch", "fbbench bench --device cortex-m4"],
    "card": ["fbbench card bmlp"],
    "check-baseline": ["fbbench check-baseline sign_perceptron"],
    "compare": ["fbbench compare bmlp_ternary16 sgd_binary --store paper/results --suite exp1_budget"],
    "data": ["fbbench data get fashion_mnist", "fbbench data import my.csv --label kind --name mine"],
    "export": ["fbbench export network.npz --output device", "fbbench export network.npz --to onnx"],
    "gates": ["fbbench gates", "fbbench gates bmlp --memory 525_525"],
    "info": ["fbbench info"],
    "leaderboard": ["fbbench leaderboard fashion_mnist --memory 135_135 --rows paper/results"],
    "list": ["fbbench list"],
    "merge": ["fbbench merge paper/results/exp1_budget.jsonl.gz"],
    "new-baseline": ["fbbench new-baseline mine"],
    "pack": ["fbbench pack quick quick.jsonl.gz"],
    "plan": ["fbbench plan quick", "fbbench plan exp1_budget --datasets fashion_mnist --seeds 5"],
    "purity": ["fbbench purity sign_perceptron"],
    "results": ["fbbench results quick", "fbbench results quick --csv rows.csv"],
    "rm": ["fbbench rm --failed", "fbbench rm --outdated"],
    "run": ["fbbench run quick", "fbbench run exp1_budget --datasets fashion_mnist --seeds 3"],
    "status": ["fbbench status"],
    "verify": ["fbbench verify", "fbbench verify --details"],
}  # fmt: skip


def epilog(name):
    """Return the end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in EXAMPLES[name])])
