"""The known name nearest to a wrong one, for messages that help."""

import difflib
from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str | None:
    """The most similar known name, or none that is similar at all; the same whatever the order of `known`."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.casefold(), sorted(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A remedy that names the nearest known name, or lists what is known where nothing is near."""
    match = nearest(name, known)
    if match is not None:
        return f"did you mean {match}?"
    listed = sorted(known)
    shown = ", ".join(listed[:12])
    return f"known here: {shown}{', …' if len(listed) > 12 else ''}" if listed else "none is known here"
