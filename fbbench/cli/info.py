"""``fbbench info``: what runs here."""

import json

import click

from .. import __version__
from ..experiments.rows.environment import environment


def here():
    """Return what runs here by name; ClickException if FBBENCH_KERNELS names what does not."""
    try:
        return environment()
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def version_text():
    """Return, line by line, the kernel path in use, what the machine offers, compiler, flags and versions."""
    found = here()
    lines = [
        ("fbbench", __version__),
        ("kernel path in use", found["kernel_path"]),
        ("paths offered", ", ".join(found["kernel_paths_offered"])),
        ("processor", f"{found['cpu']} ({found['cores']} cores usable)"),
        ("compiler", found["compiler"]),
        ("flags", found["flags"]),
        ("python", f"{found['python']} on {found['platform']}"),
        *((name, version) for name, version in found["packages"].items() if name != "fbbench"),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def info(as_json):
    """Show the kernel path in use, what the machine offers, compiler, flags and versions."""
    click.echo(json.dumps({"fbbench": __version__, **here()}, indent=1) if as_json else version_text())
