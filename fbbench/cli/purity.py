"""``fbbench purity``: what a method is made of."""

import json

import click

from .asked import errors_in_one_line, method_argument, parameters_of, parameters_option


@click.command()
@method_argument
@parameters_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@errors_in_one_line
def purity(name, pairs, as_json):
    """Say what method NAME is made of: its operations, bits a weight, the widest whole number, and whether floats are
    in it, with how that is known.

    Strictly binary: bits flow and counters count. Integer: weights or sums of several bits are added when it predicts.
    Float: training touches floats. Exit status 1 if it claims to have no floats and that could not be shown.

    Example: fbbench purity sign_perceptron
    """
    from dataclasses import asdict

    from fbbench.baselines.parameters import checked_parameters
    from fbbench.baselines.protocol import method_class
    from fbbench.baselines.purity import purity_of

    found = purity_of(name, checked_parameters(method_class(name), parameters_of(pairs)))
    click.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(lines_of(found)))
    if found.floats is None:
        raise SystemExit(1)


def lines_of(found):
    """Return what was found as lines of text."""
    widths = found.widths
    bits = "not said" if widths is None else f"{widths.learning} to learn, {widths.predicting} to predict"
    floats = {True: "yes", False: "none", None: "claimed to be none; NOT shown"}[found.floats]
    return [
        f"{found.name}: {found.kind}",
        f"  training       {', '.join(found.training) or 'not said'}",
        f"  prediction     {', '.join(found.prediction) or 'not said'}",
        f"  bits a weight  {bits}",
        f"  widest sum     {'not said' if widths is None else f'{widths.widest} bits'}",
        f"  floats         {floats}",
        *(f"                 {sentence}" for sentence in found.known_by),
    ]
