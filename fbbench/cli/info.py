"""``fbbench info``: what runs here."""

import click

from .. import __version__
from ..experiments.rows.environment import environment


def version_text():
    """Return, line by line, the kernel path in use, what the machine offers, compiler, flags and versions."""
    try:
        here = environment()
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    lines = [
        ("fbbench", __version__),
        ("kernel path in use", here["kernel_path"]),
        ("paths offered", ", ".join(here["kernel_paths_offered"])),
        ("processor", f"{here['cpu']} ({here['cores']} cores usable)"),
        ("compiler", here["compiler"]),
        ("flags", here["flags"]),
        ("python", f"{here['python']} on {here['platform']}"),
        *((name, version) for name, version in here["packages"].items() if name != "fbbench"),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines)


@click.command()
def info():
    """Show the kernel path in use, what the machine offers, compiler, flags and versions."""
    click.echo(version_text())
