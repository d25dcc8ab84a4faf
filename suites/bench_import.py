"""How long it takes until something can be done, in a process of its own."""


class Import:
    """timeraw_ benchmarks return the code that is timed."""

    rounds, repeat, number, warmup_time = 1, (3, 5, 10.0), 1, 0.0

    def timeraw_import_fbbench(self):
        return "import fbbench"

    def timeraw_plan_a_suite(self):
        return "from fbbench.experiments import load_suite, plan; plan(load_suite('quick'))"
