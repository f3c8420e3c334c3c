"""How near its target an account must come: a limit on tracking error, or the target itself."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from trimtab.desk.conflict import Collision
from trimtab.desk.propose import Asked
from trimtab.optimize.batch import Answers
from trimtab.optimize.problem import Bools, Floats, Status

_SAME = 1e-8  # a year: tracking errors closer than this are one and the same


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """Per account its `limit` on tracking error (annual; infinite for none) and whether it goes to its `target`."""

    limit: Floats
    target: Bools

    @staticmethod
    def of(asked: Asked) -> "Aim":
        """What the policies of some accounts ask."""
        limit = asked.accounts["max_tracking_error"].cast(pl.Float64).fill_null(np.inf).to_numpy()
        return Aim(limit, (asked.accounts["rebalance_to"] == "target").to_numpy())

    @property
    def asks(self) -> bool:
        """Whether any account asks for anything."""
        return bool(np.isfinite(self.limit).any() or self.target.any())

    def beyond(self, variance: Floats) -> Floats:
        """By how much the tracking error passes its limit; 0 where it does not."""
        over = np.sqrt(np.maximum(variance, 0.0)) - self.limit
        return np.where(np.isfinite(self.limit) & (over > _SAME), over, 0.0)

    def collisions(self, variance: Floats, answers: Answers) -> tuple[Collision, ...]:
        """The limits on tracking error that answers with this variance miss: all other limits go before them."""
        solved = (answers.status == Status.SOLVED) | (answers.status == Status.SOLVED_INACCURATE)
        over = self.beyond(variance)
        return tuple(
            Collision(
                "max_tracking_error",
                round(float(over[u]), 6),
                f"allow a tracking error of {float(self.limit[u] + over[u]):.3%}",
                None,
                account=int(u),
            )
            for u in np.flatnonzero(solved & (over > 0.0))
        )
