"""From a suite to cells, from cells to rows."""

from .planning.cells import Cell, Plan, plan
from .planning.suite import Suite, SuiteError
from .planning.suite_files import find_suite, known_suites, load_suite
from .rows.store import Store

__all__ = ["Cell", "Plan", "Store", "Suite", "SuiteError", "find_suite", "known_suites", "load_suite", "plan"]
