"""From a suite to cells, from cells to rows."""

from .cells import Cell, Plan, plan
from .store import Store
from .suite import Suite, SuiteError, find_suite, known_suites, load_suite

__all__ = ["Cell", "Plan", "Store", "Suite", "SuiteError", "find_suite", "known_suites", "load_suite", "plan"]
