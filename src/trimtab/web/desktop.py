"""What every page needs: the store, and what one process keeps between requests."""

from dataclasses import dataclass, field

from fastapi import Request

from trimtab.desk.access import Principal
from trimtab.desk.at_hand import AtHand
from trimtab.desk.ports import Store
from trimtab.desk.worklist import Evaluations
from trimtab.web.session import principal_of


@dataclass(slots=True)
class Desktop:
    """The store, evaluations kept by columns, and the market read last."""

    store: Store
    evaluations: Evaluations = field(default_factory=Evaluations)
    at_hand: AtHand = field(default_factory=AtHand)

    def who(self, request: Request) -> Principal:
        """Who asks."""
        return principal_of(self.store, request)
