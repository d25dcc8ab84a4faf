from click.testing import CliRunner

from fbbench import __version__, kernels
from fbbench.cli import main


def test_info_and_version_say_what_runs():
    for arguments in (["info"], ["--version"]):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0
        for word in (__version__, kernels.active().name, "portable", "-O3", "numpy", "compiler", "paths offered"):
            assert word in done.output


def test_info_names_a_forced_path():
    with kernels.use("portable"):
        assert "kernel path in use  portable" in CliRunner().invoke(main, ["info"]).output


def test_list():
    done = CliRunner().invoke(main, ["list"])
    assert done.exit_code == 0
    for word in ("quick", "random_prototypes", "single_layer"):
        assert word in done.output


def test_bare_command_helps():
    done = CliRunner().invoke(main, [])
    assert "run" in done.output and "bench" in done.output and "Traceback" not in done.output
