"""Every operation of training and predicting as a circuit that was built, counted, and is simulated by the tests.

``verilog/`` has the sources, ``gates.csv`` what came of them, ``netlists/`` the circuits that were counted (BLIF, read
with ``cells.lib``). Nothing here is needed to train; Yosys only to build circuits anew.
"""

from .catalogue import BY_NAME, CIRCUITS, Circuit, area_of, gates_of, netlist_of, table
from .netlist import BadNetlist, Netlist

__all__ = ["BY_NAME", "CIRCUITS", "BadNetlist", "Circuit", "Netlist", "area_of", "gates_of", "netlist_of", "table"]
