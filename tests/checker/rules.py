"""Restrictions read again, plainly: which rule speaks to which security of which account."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import polars as pl


class Rules:
    """All rules in force on a date, by scope."""

    def __init__(self, tables: dict[str, pl.DataFrame], as_of: dt.date) -> None:
        self.securities = {row["security_id"]: row for row in tables["securities"].to_dicts()}
        self.tags: dict[str, dict[str, float | None]] = defaultdict(dict)
        for row in tables["tags"].to_dicts():
            self.tags[row["tag"]][row["security_id"]] = row["value"]
        self.by_scope: dict[tuple[str, str], list[dict]] = defaultdict(list)
        for row in tables["restrictions"].to_dicts():
            since, until = row["since"], row["until"]
            if (since is None or since <= as_of) and (until is None or until >= as_of):
                scope_id = "*" if row["scope"] == "desk" else row["scope_id"] or "*"
                self.by_scope[row["scope"], scope_id].append(row)

    def heard(self, account: dict, model: str) -> list[dict]:
        """The rows that speak to an account."""
        places = [
            ("desk", "*"),
            ("custodian", account["custodian"]),
            ("firm", account["firm_id"]),
            ("model", model),
            ("household", account["household_id"]),
            ("account", account["account_id"]),
        ]
        return [row for place in places for row in self.by_scope.get(place, [])]

    def speaks(self, selector: str, security: str) -> bool:
        """Whether a selector names a security."""
        if selector == "*":
            return True
        kind, _, name = selector.partition(":")
        if kind == "security":
            return name == security
        if kind == "tag":
            tag, _, least = name.partition(">=")
            if security not in self.tags[tag]:
                return False
            value = self.tags[tag][security]
            return not least or (value is not None and value >= float(least))
        column = {"class": "asset_class", "group": "identical_group"}.get(kind, kind)
        return self.securities.get(security, {}).get(column) == name
