"""A slow second opinion on wash sales: one object a share, every pair looked at, nothing shared with the ledger."""

import datetime as dt
from collections import defaultdict
from fractions import Fraction
from typing import Any

IRA = {"ira", "roth_ira", "401k", "hsa", "529"}


class Share:
    """One share with its own history."""

    def __init__(self, row: dict[str, Any], rank: int) -> None:
        self.lot, self.account, self.symbol = row["id"], row["account"], row["symbol"]
        self.bought = self.adjusted = dt.date.fromisoformat(row["date"])
        self.rank, self.order = rank, row.get("order", row["id"])
        self.basis = Fraction(row["amount"]) / int(row["qty"])
        self.used = False

    def key(self) -> tuple[Any, ...]:
        return (self.bought, self.rank, self.adjusted)

    def halves(self) -> list["Share"]:
        twin = Share.__new__(Share)
        twin.__dict__.update(self.__dict__, basis=self.basis / 2)
        self.basis /= 2
        return [self, twin]


class Loss:
    """The loss of one share sold, waiting."""

    def __init__(self, share: Share, sold: dt.date, amount: Fraction, row: tuple[Any, ...]) -> None:
        self.share, self.sold, self.amount, self.row = share, sold, amount, row

    def halves(self) -> list["Loss"]:
        self.amount /= 2
        return [self, Loss(self.share, self.sold, self.amount, self.row)]


class Oracle:
    """Plays a case share by share."""

    def __init__(self, case: dict[str, Any], policy: dict[str, Any]) -> None:
        self.types = {a["id"]: a["type"] for a in case["accounts"]}
        self.owner = {a["id"]: a["owner"] for a in case["accounts"]}
        self.groups = case["identical_groups"]
        self.family = policy.get("wash_owners", ["self", "spouse"])
        self.scope = policy.get("wash_scope", "household")
        self.newer_only = policy.get("exclude_acquired_before_loss_lot", False)
        self.copy = policy.get("wash_holding_period") == "original_date"
        self.open: list[Share] = []
        self.waiting: list[Loss] = []
        self.closed: defaultdict[tuple[Any, ...], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 5)
        for rank, row in enumerate(case["transactions"]):
            {"buy": self.buy, "sell": self.sell, "split": self.split}[row["type"]](row, rank)

    def buy(self, row: dict[str, Any], rank: int) -> None:
        for _ in range(int(row["qty"])):
            share = Share(row, rank)
            self.open.append(share)
            fit = [loss for loss in self.waiting if self.fits(loss, share)]
            if fit:
                self.wash(fit[0], share)
                self.waiting.remove(fit[0])

    def sell(self, row: dict[str, Any], _rank: int) -> None:
        day, price = dt.date.fromisoformat(row["date"]), Fraction(row["amount"]) / int(row["qty"])
        gone = self.chosen(row)
        self.open = [share for share in self.open if share not in gone]
        losses = []
        for share in gone:
            term = "L" if self.long(share.adjusted, day) else "S"
            key = (row["id"], share.lot, share.account, share.bought, share.adjusted, term)
            for place, amount in enumerate((1, price, share.basis, 0, 0)):
                self.closed[key][place] += amount
            if share.basis > price and self.types[share.account] not in IRA:
                losses.append(Loss(share, day, share.basis - price, key))
        for loss in sorted(losses, key=lambda loss: loss.share.key()):
            fit = [share for share in self.open if self.fits(loss, share)]
            if fit:
                self.wash(loss, min(fit, key=Share.key))
            else:
                self.waiting.append(loss)

    def chosen(self, row: dict[str, Any]) -> list[Share]:
        mine = [s for s in self.open if (s.account, s.symbol) == (row["account"], row["symbol"])]
        method, count = row["relief"]["method"], int(row["qty"])
        if method == "SPEC":
            taken: list[Share] = []
            for pick in row["relief"]["lots"]:
                parts = sorted((s for s in mine if s.lot == pick["lot"]), key=Share.key)
                taken += parts[: int(pick["qty"])]
            return taken
        keys = {
            "FIFO": lambda s: s.key(),
            "LIFO": lambda s: (-s.bought.toordinal(), -s.rank, s.adjusted),
            "HIFO": lambda s: (-s.basis, *s.key()),
        }
        return sorted(mine, key=keys[method])[:count]

    def split(self, row: dict[str, Any], _rank: int) -> None:
        self.open = [part for s in self.open for part in (s.halves() if s.symbol == row["symbol"] else [s])]
        self.waiting = [
            part for w in self.waiting for part in (w.halves() if w.share.symbol == row["symbol"] else [w])
        ]

    def fits(self, loss: Loss, share: Share) -> bool:
        one, two = self.owner[loss.share.account], self.owner[share.account]
        if self.scope == "account":
            seen = loss.share.account == share.account
        elif self.scope == "household" and one in self.family:
            seen = two in self.family
        else:
            seen = one == two
        alike = loss.share.symbol == share.symbol or any(
            {loss.share.symbol, share.symbol} <= set(group) for group in self.groups
        )
        late_enough = not self.newer_only or (share.bought, share.rank) >= (
            loss.share.bought,
            loss.share.rank,
        )
        near = -30 <= (share.bought - loss.sold).days <= 30
        return seen and alike and near and late_enough and not share.used and share.order != loss.share.order

    def wash(self, loss: Loss, share: Share) -> None:
        self.closed[loss.row][3] += loss.amount
        share.used = True
        if self.types[share.account] in IRA:
            self.closed[loss.row][4] += loss.amount
        else:
            share.basis += loss.amount
            held = loss.sold - loss.share.adjusted
            share.adjusted = loss.share.adjusted if self.copy else share.bought - held

    @staticmethod
    def long(start: dt.date, end: dt.date) -> bool:
        """By counting: one calendar year must have passed since the day after."""
        first = start + dt.timedelta(days=1)
        while True:
            try:
                due = first.replace(year=first.year + 1)
                break
            except ValueError:
                first += dt.timedelta(days=1)
        return end >= due

    def lots(self) -> dict[tuple[Any, ...], tuple[int, Fraction]]:
        """Open shares and basis by lot, account, symbol and both dates."""
        sums: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, Fraction(0)])
        for s in self.open:
            sums[s.lot, s.account, s.symbol, s.bought, s.adjusted][0] += 1
            sums[s.lot, s.account, s.symbol, s.bought, s.adjusted][1] += s.basis
        return {key: (count, basis) for key, (count, basis) in sums.items()}
