"""Outcomes on disk: their schema, stores, packed files, and the one rule of which may be averaged."""
