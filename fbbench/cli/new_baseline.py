"""``fbbench new-baseline``: a method to start from, with its test."""

import importlib.util
import inspect
import keyword
import re
import shlex
from pathlib import Path

import click

from .asked import errors_in_one_line

PYPROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "0.1"
description = "A method for fbbench"
dependencies = ["fbbench"]

[project.entry-points."fbbench.baselines"]
{name} = "{name}:{class_name}"

[tool.setuptools]
py-modules = ["{name}"]
"""

TEST = """from fbbench.baselines.checks import parametrize_with_checks


@parametrize_with_checks(["{name}"])
def test_{name}(check):
    check()
"""


@click.command("new-baseline")
@click.argument("name")
@click.option("--folder", metavar="DIR", help="Where the package is made. Default: ./fbbench-NAME.")
@errors_in_one_line
def new_baseline(name, folder):
    """Write a package with a commented method called NAME, which works, and its test.

    `pip install -e fbbench-NAME` puts it into the comparison: `fbbench list`, suites and `fbbench check-baseline` know
    it then.
    """
    from fbbench.baselines import template
    from fbbench.baselines.protocol import METHODS

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise click.UsageError(f"NAME must be a module's name, lower case letters, digits and _; got {name!r}")
    if name in METHODS or importlib.util.find_spec(name) is not None:
        raise click.UsageError(f"{name!r} is a method or a module already; take another name")
    folder = Path(folder or f"fbbench-{name}")  # one called NAME would hide the module from a Python started beside it
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is there already; name another --folder")
    class_name = "".join(part.capitalize() for part in name.split("_"))
    source = inspect.getsource(template).replace("class Template(", f"class {class_name}(")
    files = {
        f"{name}.py": source,
        f"test_{name}.py": TEST.format(name=name),
        "pyproject.toml": PYPROJECT.format(name=name, class_name=class_name),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, text in files.items():
        (folder / file_name).write_text(text, encoding="utf-8")
        click.echo(f"{folder / file_name}")
    click.echo(f"Next: pip install -e {shlex.quote(str(folder))}, then fbbench check-baseline {name}")
