"""The paper's tables and figures, from the rows of a result store. Nothing here trains anything."""
