"""`fbbench bench` reports what it says; no test looks at how long anything took."""

import json

import pytest
from click.testing import CliRunner

from fbbench import kernels
from fbbench.bench.measure import forward_bits
from fbbench.cli import main


def bench(*arguments):
    return CliRunner().invoke(main, ["bench", "--dataset", "digits", "--shape", "35_35", *arguments])


def test_json_has_every_path_and_torch():
    pytest.importorskip("torch")
    done = bench("--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    native = [name for name in kernels.offered() if name in kernels.ORDER]
    lines = report["measurements"]
    assert {line["path"] for line in lines} == {"torch", *native}
    for line in lines:
        assert line["seconds"] > 0 and line["rate"] > 0
        assert (line["roof_share"] is not None) == (line["unit"] == "Tbop/s")
    torch_seconds = {line["what"]: line["seconds"] for line in lines if line["path"] == "torch"}
    best = min(seconds for what, seconds in torch_seconds.items() if what.startswith("epoch"))
    for line in lines:
        if line["path"] != "torch" and line["what"].startswith("epoch"):
            assert line["times_fastest"] == pytest.approx(best / line["seconds"])
            assert line["times_torch"] == pytest.approx(torch_seconds["epoch, SGD float32"] / line["seconds"])
        if line["path"] != "torch" and line["what"].startswith("product"):
            assert line["times_torch"] == pytest.approx(torch_seconds[line["what"]] / line["seconds"])
    assert report["environment"]["kernel_path"] == kernels.active().name


def test_table_of_one_path_without_torch():
    done = bench("--no-torch", "--path", "portable")
    assert done.exit_code == 0 and "portable" in done.output
    assert "avx512" not in done.output and "SGD" not in done.output


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--shape", "wide"], "such as 35_35"),
        (["--shape", "0"], "such as 35_35"),
        (["--path", "sse9"], "must be one of"),
        (["--batch-size", "0"], "batch-size"),
        (["--dataset", "mnst"], "mnst"),
        (["--threads", "200"], "n_threads must be at most"),
        (["--fan-in", "40000"], "fan-in"),
    ],
)
def test_bad_arguments(arguments, message):
    done = bench(*arguments)
    assert done.exit_code != 0 and message in done.output and "Traceback" not in done.output


def test_operations_are_counted():
    # 2 operations a bit: the product of every layer, and the local classifier of every hidden layer
    assert forward_bits(1, (784, 525, 300), 10) == 2 * (784 * 525 + 525 * 300 + 10 * (525 + 300))
    assert forward_bits(1, (784, 525, 300), 10, all_classifiers=False) == 2 * (784 * 525 + 525 * 300 + 10 * 300)


def test_roof_counts_bits_in_proportion(path):
    native = kernels.load(path)
    assert native.roof(20) == 2 * native.roof(10) > 0


def test_threads_and_any_fan_in(monkeypatch):
    monkeypatch.setattr("fbbench.network.parameters.available_cores", lambda: 2)
    small = ["--fan-in", "70", "--samples", "300", "--shape", "20_20"]
    done = CliRunner().invoke(main, ["bench", *small, "--path", "portable", "--no-torch", "--threads", "2", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["n_train"] == 300 and report["shape"] == [20, 20]
    assert {line["threads"] for line in report["measurements"] if line["what"] == "epoch, binary"} == {1, 2}


def test_without_data_rows_of_the_shape_of_fashion_mnist_are_generated(tmp_path, monkeypatch):
    monkeypatch.setattr("fbbench.cli.bench.prepare", None)
    done = CliRunner().invoke(main, ["bench", "--shape", "5", "--path", "portable", "--no-torch"])
    assert done.exit_code == 0, done.output
    assert "5 on prototypes, fan-in 784, 50,000 samples" in done.output


def test_ratios_tell_torch_as_written_its_fastest_and_the_gpu():
    from fbbench.bench.measure import ratios_to

    rivals = [("torch", 8.0), ("torch", 9.0), ("torch", 4.0), ("torch, cuda", 2.0), ("torch, cuda", 1.0)]
    assert ratios_to(rivals, 0.5) == [16, 8, 2]
    assert ratios_to(rivals[:1], 2.0) == [4, 4, None]
    assert ratios_to([], 2.0) == [None, None, None]
