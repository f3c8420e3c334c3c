"""The part of a model that one account needs: few columns, exact covariance, as much as possible on the diagonal."""

from dataclasses import dataclass

import numpy as np

from trimtab.risk.jit import Floats, Ints, owned
from trimtab.risk.model import RiskModel
from trimtab.risk.split import account_block, set_hashes, unlike

RESPLIT_MOST = 32  # securities: a split of more costs longer than the solve it helps
RESPLIT_GAP = 1e-6


@dataclass(frozen=True, slots=True)
class AccountExposures:
    """Blocks of (G, D) for many accounts; accounts with the same securities share one block.

    Account a has block `block_of[a]`; block b covers rows row_start[b]:row_start[b+1] of `specific` and has
    `columns[b]` factors; its G, row-major, begins at value_start[b] of `values`.
    """

    block_of: Ints
    row_start: Ints
    columns: Ints
    value_start: Ints
    values: Floats
    specific: Floats

    def block(self, account: int) -> tuple[Floats, Floats]:
        """(G, D) of one account, rows in the order its securities were given."""
        b = int(self.block_of[account])
        first, last = int(self.row_start[b]), int(self.row_start[b + 1])
        n, k = last - first, int(self.columns[b])
        start = int(self.value_start[b])
        return self.values[start : start + n * k].reshape(n, k), self.specific[first:last]


def exposures_for(model: RiskModel, rows: Ints, *, resplit: bool = False) -> tuple[Floats, Floats]:
    """(G, D) of the securities at these rows of the model: the same covariance in the fewest columns.

    Columns nobody has are dropped; one that a single security has moves to its D; where columns outnumber the
    securities they are replaced by a triangular factor. A row given twice is one security: its D becomes a column.
    `resplit` splits up to 32 securities anew where that moves more to D or takes fewer columns.
    """
    offsets = np.array([0, rows.size], dtype=np.int64)
    return exposures_batch(model, offsets, rows, resplit=resplit).block(0)


def exposures_batch(
    model: RiskModel, offsets: Ints, rows: Ints, *, resplit: bool = False
) -> AccountExposures:
    """`exposures_for` over accounts in columns: account a's rows are rows[offsets[a]:offsets[a+1]]."""
    assert offsets[0] == 0
    assert offsets[-1] == rows.size
    offsets, rows = owned(offsets), owned(rows)
    block_of, leaders = _distinct_sets(offsets, rows)
    most = RESPLIT_MOST if resplit else 0
    sizes = np.diff(offsets)[leaders]
    row_start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    columns = np.zeros(leaders.size, dtype=np.int64)
    values: list[Floats] = []
    specific = np.zeros(int(row_start[-1]))
    for b, account in enumerate(leaders.tolist()):
        block = rows[offsets[account] : offsets[account + 1]]
        g, d = account_block(model.exposures, model.specific, model.common, block, most, RESPLIT_GAP)
        columns[b] = g.shape[1]
        values.append(g.reshape(-1))
        specific[row_start[b] : row_start[b + 1]] = d
    lengths = np.array([v.size for v in values], dtype=np.int64)
    return AccountExposures(
        block_of=block_of,
        row_start=row_start,
        columns=columns,
        value_start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)[: leaders.size],
        values=np.concatenate(values) if values else np.zeros(0),
        specific=specific,
    )


def _distinct_sets(offsets: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The block of each account, and the first account of each block."""
    _, first, which = np.unique(set_hashes(offsets, rows), return_index=True, return_inverse=True)
    leaders, block_of = first.astype(np.int64), which.reshape(-1).astype(np.int64)
    alone = unlike(offsets, rows, leaders[block_of])
    block_of[alone] = leaders.size + np.arange(alone.size)
    return block_of, np.concatenate([leaders, alone])
