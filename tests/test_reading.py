"""Files from anyone are bounded: what would take minutes or gigabytes ends at once, in an error that names the file."""

import pytest
from click.testing import CliRunner
from stores import TINY

from fbbench.cli import main
from fbbench.reading import BadFile, read_toml


@pytest.mark.parametrize(
    "text",
    [
        f"p = {{ {'.'.join('a' * 400_000)} = 1 }}",
        f"{'.'.join('a' * 20_000)} = 1",
        f"[{' . '.join('a' * 30)}]",
        "'a'." * 30 + "b = 1",
        f"x = {'[' * 100_000}",
        'x = """' + "\\a" * 100_000,
        'x = """' + '\\"' * 100_000,
        'x = "' + '\\"' * 100_000,
        "x = '''" + "''" * 100_000,
    ],
)
def test_keys_without_end(tmp_path, text):
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(BadFile, match="x\\.toml"):
        read_toml(tmp_path / "x.toml")


@pytest.mark.parametrize(
    "text, value",
    [
        ('x = """\nA.......................b\n"""', "A.......................b\n"),
        ("x = 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w'", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w"),
        ('# a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w\nx = "a\\"b"', 'a"b'),
    ],
)
def test_dots_in_texts_are_no_keys(tmp_path, text, value):
    (tmp_path / "x.toml").write_text(text)
    assert read_toml(tmp_path / "x.toml") == {"x": value}


SEEDS = "seeds = [1, 2]"


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("params = {", 'grid = { "a.b" = [1] }\nparams = {', "'a.b' is no name of a parameter"),
        (
            "params = {",
            f"grid = {{ a = {list(range(9999))} }}\nzip = {{ b = [1, 2] }}\nparams = {{",
            "make 19998 methods",
        ),
        (SEEDS, f"seeds = [{', '.join(map(str, range(60_000)))}, 59999]", "59999 stands there twice"),
        ('label = "BMLP"', f'label = "{"x" * 400_000}"', "should have at most 1000 characters"),
        (
            'params = { arithmetic = "ternary" }',
            f"params = {{ {', '.join(f'p{i} = 1' for i in range(101))} }}",
            "at most 100 parameters",
        ),
        (SEEDS, f"seeds = {list(range(130_000))}", "has 260,000 cells, 130,000 seeds each"),
        ("epochs = 2", f"epochs = 0x{'f' * 20_000}", "epochs: "),
        (
            'params = { arithmetic = "ternary" }',
            f"params = {{ {', '.join(f'p{i} = 1' for i in range(60_000))} }}",
            "may name at most 100 parameters each",
        ),
    ],
)
def test_suites_beyond_measure(tmp_path, old, new, said):
    assert old in TINY
    (tmp_path / "x.toml").write_text(TINY.replace(old, new, 1))
    done = CliRunner().invoke(main, ["plan", str(tmp_path / "x.toml"), "--store", str(tmp_path / "store")])
    assert done.exit_code == 1 and "x.toml" in done.output and said in " ".join(done.output.split()), done.output[:500]
    assert "Traceback" not in done.output
