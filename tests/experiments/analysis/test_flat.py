"""Rows as one flat table: whole numbers stay what they are."""

from fbbench.experiments.analysis.flat import result_table


def row_of(**run):
    sections = {"identity": {}, "asked": {}, "environment": {}, "run": run}
    return {**sections, "outcome": {"ledger_parts": {"data": 1}}}


def test_whole_numbers_that_some_rows_lack_keep_all_digits():
    """They went through floats: 2^62 + 1 became 2^62, and 2^63 - 1 a traceback."""
    for number in (2**53 + 1, 2**62 + 1, 2**63 - 1):
        table = result_table([("a", row_of(zz=number)), ("b", row_of())])
        assert table.zz[0] == number and str(table.zz[1]) == "<NA>"
        assert str(number) in table.to_csv(index=False)
