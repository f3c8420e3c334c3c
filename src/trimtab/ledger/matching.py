"""Share-for-share matching of many groups at once: the k-th step of every group is one vector operation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Steps:
    """What happens in each group, in order: shares of a purchase leave (piece -1), or a loss piece meets a purchase.

    All arrays are as long as there are steps, sorted by group and then by the order of happening. `quantity` counts
    for leaving shares only.
    """

    group: Counts
    piece: Counts
    purchase: Counts
    quantity: Counts


@dataclass(frozen=True, slots=True)
class Matched:
    """After all steps: shares matched of each loss piece, and shares of each purchase still open that were used."""

    pieces: Counts
    used_open: Counts


def match(steps: Steps, pieces: Counts, purchases: Counts) -> Matched:
    """Play all steps; `pieces` and `purchases` give the shares of each.

    A loss piece takes what is unused and open of a purchase; used shares leave before unused ones of their lot, as
    parts with the earlier adjusted date do. A share is used once.
    """
    left, opened, used = pieces.copy(), purchases.copy(), np.zeros_like(purchases)
    for at in _rounds(steps.group):
        leaving = at[steps.piece[at] < 0]
        bought = steps.purchase[leaving]
        used[bought] -= np.minimum(used[bought], steps.quantity[leaving])
        opened[bought] -= np.minimum(opened[bought], steps.quantity[leaving])
        meeting = at[steps.piece[at] >= 0]
        piece, bought = steps.piece[meeting], steps.purchase[meeting]
        shares = np.minimum(left[piece], np.maximum(opened[bought] - used[bought], 0))
        left[piece] -= shares
        used[bought] += shares
    return Matched(pieces - left, used)


def _rounds(group: Counts) -> list[Counts]:
    """Indices of the first step of every group, of the second, and so on."""
    if len(group) == 0:
        return []
    assert bool(np.all(group[1:] >= group[:-1])), "steps are sorted by group"
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    sizes = np.diff(np.r_[starts, len(group)])
    rank = np.arange(len(group)) - np.repeat(starts, sizes)
    order = np.argsort(rank, kind="stable")
    return np.split(order, np.cumsum(np.bincount(rank))[:-1])
