"""The frontier of an account of the store, as a person asks for it."""

from trimtab.desk.access import Principal, may
from trimtab.desk.at_hand import AtHand, book_at_hand
from trimtab.desk.day import open_day
from trimtab.desk.frontier import Frontier, frontier
from trimtab.desk.ports import Store


def account_frontier(
    store: Store, principal: Principal, kept: AtHand, firm: str, account_id: str
) -> Frontier:
    """The frontier of an account in the firm's newest edition; NoFrontierError where it has none."""
    may(principal, "run:result:read", firm)
    book, risk = book_at_hand(store, principal, kept, firm, account_id, why="frontier")
    return frontier(open_day(book, lambda _: None, risk=risk), account_id)
