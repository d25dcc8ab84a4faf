"""How fast it is: kernels and whole epochs, with torch beside them in the same run."""

from .measure import Measurement, Problem, prototypes_of, run_bench

__all__ = ["Measurement", "Problem", "prototypes_of", "run_bench"]
