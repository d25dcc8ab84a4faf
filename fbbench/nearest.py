"""Hints at what a misspelt name was meant to be."""

import difflib

LONGEST, MOST = 200, 1000
"""Letters, and words, that are compared: time grows with their product."""


def nearest(word, known):
    """Return a hint at the known word most like a wrong one, or nothing; of words longer than names, nothing."""
    if len(str(word)) > LONGEST:
        return ""
    close = difflib.get_close_matches(str(word), [str(name) for name in known if len(str(name)) <= LONGEST][:MOST], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
