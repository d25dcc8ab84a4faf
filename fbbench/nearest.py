"""Hints at what a misspelt name was meant to be."""

import difflib


def nearest(word, known):
    """Return a hint at the known word most like a wrong one, or nothing."""
    close = difflib.get_close_matches(str(word), [str(name) for name in known], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
