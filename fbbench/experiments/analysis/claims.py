"""Claims about results: what is said, by whom, and which rows it is about; paper/claims.toml has them."""

import collections
import math
import os
import string
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...costs.operations import NUMBERS
from ...reading import read_toml
from .over_datasets import LEAST_SETS
from .reckonings import Reckoning

FORMS = {
    "published": {"form": "ternary16", "arithmetic": "ternary"},
    "claimed": {"form": "binary8", "arithmetic": "binary"},
}
"""The method as its numbers were published (ternary arithmetic, int16), and as its text claims (+-1, int8)."""

SAID_BY = {
    "paper": "what the paper states",
    "left out": "what the paper leaves out",
    "own": "what is this project's own",
}
"""Whose claims there are, in words."""

REPRODUCED, WITHIN_NOISE, CONTRADICTED, NOT_RUN = "reproduced", "within noise", "contradicted", "not run"
OUTCOMES = (REPRODUCED, WITHIN_NOISE, CONTRADICTED, NOT_RUN)
Outcome = Literal["reproduced", "within noise", "contradicted", "not run"]


InstructionsOn = Literal[
    "instructions on cortex-m4", "instructions on cortex-m4-soft-float", "instructions on cortex-m0plus"
]
"""Of training a row, as counted on a microcontroller: see :mod:`fbbench.costs.instructions`."""

MOST = 10**9
"""Numbers of claims lie within; a larger one is a slip of the pen."""


class Claim(BaseModel):
    """One claim.

    a, b: ids of methods of the suite, or ``suite:id``; ``{form}`` in one stands for ternary16 and binary8 in turn,
    ``{arithmetic}`` for ternary and binary, and the claim gets a verdict in both forms. b may be several. a_budget,
    b_budget: in place of the budgets of the claim. paired: whether one seed gives A and B the same rows. resampled:
    whether every seed splits one small data set anew, so that training rows overlap and seeds count for less.
    published_runs: how many the published mean, or either of two that differ by a published size, is of. per: gates of
    a mini-batch, or of a whole training. by: how gates are reckoned, or energy, or instructions of a row, see
    :data:`~fbbench.experiments.analysis.reckonings.RECKONINGS`. numbers: of the products and sums of B, a float
    network; its own, where it is not said. sign_inputs: whether B uses that its inputs are +-1; as it does, where it is
    not said. of: whose claim it is, see SAID_BY.
    published, published_error, margin, low: nan where its kind needs none.
    expected: the verdict by form ("published", "claimed", or "only" where there is one) when it was last looked at.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    text: str
    source: str
    kind: Literal["ahead", "mostly", "level", "size", "accuracy", "gates"]
    suite: str
    datasets: list[str] = Field(min_length=1)
    budgets: list[str] = Field(min_length=1)
    a: str
    b: list[str] = Field(default_factory=list)
    a_budget: str | None = None
    b_budget: str | None = None
    published: Annotated[float, Field(ge=-MOST, le=MOST)] = math.nan
    published_error: Annotated[float, Field(ge=0, le=MOST)] = math.nan
    published_runs: Annotated[int, Field(ge=2, le=MOST)] = 10
    paired: bool = True
    resampled: bool = False
    per: Literal["mini-batch", "training"] = "mini-batch"
    by: Reckoning | InstructionsOn = "model"
    numbers: str | None = None
    sign_inputs: bool | None = None
    margin: Annotated[float, Field(gt=0, le=MOST)] = math.nan
    low: Annotated[float, Field(ge=-MOST, le=MOST)] = math.nan
    high: Annotated[float, Field(ge=-MOST, le=MOST)] = math.inf
    of: Literal["paper", "left out", "own"] = "paper"
    expected: dict[str, Outcome] = Field(default_factory=dict)

    @model_validator(mode="after")
    def check_parts(self) -> Self:
        wanted = {
            "ahead": ("b",), "mostly": ("b",), "level": ("b", "margin"), "size": ("b", "published", "published_error"),
            "accuracy": ("published", "published_error"), "gates": ("b", "low"),
        }[self.kind]  # fmt: skip
        for name in wanted:
            if name not in self.model_fields_set or getattr(self, name) == []:
                raise ValueError(f"claim {self.id!r}: kind {self.kind!r} needs {name}")
        if self.kind in ("size", "accuracy") and len(self.datasets) * len(self.budgets) * max(1, len(self.b)) > 1:
            raise ValueError(f"claim {self.id!r}: kind {self.kind!r} is about one data set, budget and pair")
        for what, names in (("datasets", self.datasets), ("budgets", self.budgets), ("b", self.b)):
            if len(set(names)) < len(names):
                raise ValueError(f"claim {self.id!r}: {what} must not name one twice; got {names}")
        for name in (self.a, *self.b):
            for _, put_in, form, conversion in string.Formatter().parse(name):
                if put_in not in (None, *FORMS["published"]) or form or conversion:
                    raise ValueError(f"claim {self.id!r}: {name!r} must have {{form}} or {{arithmetic}} in braces")
        if self.kind == "gates" and self.low > self.high:
            raise ValueError(f"claim {self.id!r}: low must be at most high; got {self.low}, {self.high}")
        for name in ("per", "by", "numbers", "sign_inputs"):
            if self.kind != "gates" and name in self.model_fields_set:
                raise ValueError(f"claim {self.id!r}: {name} is about gates")
        if self.numbers is not None and self.numbers not in NUMBERS:
            raise ValueError(f"claim {self.id!r}: numbers must be one of {', '.join(NUMBERS)}; got {self.numbers!r}")
        if self.resampled and (self.kind not in ("ahead", "level") or not self.paired):
            raise ValueError(f"claim {self.id!r}: resampled is about seeds that pair, of kind 'ahead' or 'level'")
        if self.kind == "mostly" and len(self.datasets) < LEAST_SETS:
            raise ValueError(f"claim {self.id!r}: kind 'mostly' needs at least {LEAST_SETS} data sets")
        if self.kind in ("accuracy", "gates") and not self.paired:
            raise ValueError(f"claim {self.id!r}: kind {self.kind!r} pairs nothing")
        for form in self.expected:
            if form not in self.forms:
                raise ValueError(f"claim {self.id!r}: expected has a form {form!r}; it has {', '.join(self.forms)}")
        return self

    @property
    def forms(self) -> dict[str, dict[str, str]]:
        """The forms it has, and what they put into names."""
        return FORMS if any("{" in name for name in (self.a, *self.b)) else {"only": {}}


def load_claims(path: str | os.PathLike[str]) -> list[Claim]:
    """Return the claims of a TOML file; ValueError, which names it and the claim, if one is wrong."""
    try:
        content = read_toml(path)
        claims = [Claim.model_validate(claim) for claim in content["claims"]]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{path}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
        ) from None
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a file of claims: {error}") from None
    for name, count in collections.Counter(claim.id for claim in claims).items():
        if count > 1:
            raise ValueError(f"{path}: claim {name!r} stands there twice")
    return claims
