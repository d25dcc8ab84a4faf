"""Every command's help ends with examples that it takes; what machines read is JSON; a shell can complete names."""

import json
import os
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from fbbench.cli import COMMANDS, main
from fbbench.cli.examples import EXAMPLES


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_it_takes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in ("network.npz", "my.csv"):
        (tmp_path / file).touch()
    shown = CliRunner().invoke(main, [name, "--help"]).output
    for example in EXAMPLES[name]:
        assert f"  {example}\n" in shown
        command, arguments = main, shlex.split(example)[1:]
        context = click.Context(main)
        while isinstance(command, click.Group):
            name, command, arguments = command.resolve_command(context, arguments)
        command.make_context(name, arguments)  # raises where an argument or option is wrong


def test_json_of_what_machines_read(tmp_path):
    def said(*arguments):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert said("info", "--json")["kernel_path"]
    store = str(tmp_path / "store")
    cells = said("plan", "quick", "--datasets", "digits", "--json", "--store", store)
    assert {cell["state"] for cell in cells} == {"missing"} and cells[0]["dataset"] == "digits"
    run = [
        "run", "quick", "--datasets", "digits", "--methods", "bmlp_binary8,bmlp_ternary16", "--budgets", "35_35",
        "--seeds", "2", "--store", store, "-j", "1",
    ]  # fmt: skip
    done = CliRunner().invoke(main, run)
    assert (
        done.exit_code == 0
        and f"fbbench compare bmlp_ternary16 bmlp_binary8 --suite quick --store {store}" in done.output
    )
    found = said("status", "--json", "--store", store)
    assert [group["done"] for group in found["groups"]] == [2, 2] and not found["failed"]
    (line,) = said("compare", "bmlp_ternary16", "bmlp_binary8", "--suite", "quick", "--store", store, "--json")
    assert line["seeds"] == 2 and line["difference"] == pytest.approx(line["a"] - line["b"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete(shell):
    program = [sys.executable, "-c", "from fbbench.cli import main; main(prog_name='fbbench')"]
    script = subprocess.run(
        program, env={**os.environ, "_FBBENCH_COMPLETE": f"{shell}_source"}, capture_output=True, text=True, check=False
    )
    assert script.returncode == 0 and "_FBBENCH_COMPLETE" in script.stdout
    if shell == "bash":
        asked = {"_FBBENCH_COMPLETE": "bash_complete", "COMP_WORDS": "fbbench lea", "COMP_CWORD": "1"}
        found = subprocess.run(program, env={**os.environ, **asked}, capture_output=True, text=True, check=True)
        assert found.stdout.strip() == "plain,leaderboard"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("run exp1_b", "exp1_budget"), ("leaderboard fashion", "fashion_mnist"), ("card sign_p", "sign_perceptron"),
        ("plan quick --protocol s", "strict"), ("run no_suite/", "no_suite/"),
    ],
)  # fmt: skip
def test_names_are_completed(words, found):
    asked = {
        "_FBBENCH_COMPLETE": "bash_complete",
        "COMP_WORDS": f"fbbench {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    done = CliRunner().invoke(main, env=asked, prog_name="fbbench")
    assert found in [line.partition(",")[2] for line in done.output.split("\n")]
