"""A run as a report reads it, made by hand: no engine, small round numbers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from trimtab.book.schema import EXACT
from trimtab.book.tables_out import TABLES_OUT
from trimtab.report.view import RunView

Row = Mapping[str, object]


def table(name: str, *rows: Row) -> pl.DataFrame:
    """Rows of a table out with every column of the contract; what a row leaves out is unknown."""
    schema = TABLES_OUT[name].frame_schema
    floats = {column: pl.Float64 if dtype == EXACT else dtype for column, dtype in schema.items()}
    frame = pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=floats)
    return frame.cast(dict(schema))


def evaluation(account: str, **more: object) -> dict[str, object]:
    """An account that stands 4% from target and holds."""
    return {
        "account_id": account,
        "decision": "hold",
        "release": "none",
        "why": "within_bands",
        "value": 100_000.0,
        "cash_before": 1_000.0,
        "cash_after": 1_000.0,
        "drift_before": 0.04,
        "drift_after": 0.04,
        "tracking_error_before": 0.004,
        "tracking_error_after": 0.004,
        "turnover": 0.0,
        "harvested_loss": 0.0,
        "tax": 0.0,
        "budget_used": 0.0,
        "budget_left": 1_000.0,
        "tax_of_full_realignment": 500.0,
    } | more


PROPOSING = {
    "decision": "propose",
    "release": "review",
    "why": "class_band;harvest",
    "value": 300_000.0,
    "flags": "missing_basis",
    "drift_before": 0.12,
    "drift_after": 0.02,
    "tracking_error_before": 0.02,
    "tracking_error_after": 0.01,
    "turnover": 0.10,
    "harvested_loss": 2_000.0,
    "tax": -400.0,
    "budget_used": 600.0,
    "budget_left": 400.0,
    "tax_of_full_realignment": 3_000.0,
    "gap": 0.25,
    "solve_ms": 1500.0,
}
SUMMARY: dict[str, object] = {
    "enrolled": 4,
    "evaluated": 3,
    "decision_counts": {"propose": 1, "hold": 2, "error": 1},
    "release_counts": {"none": 2, "review": 2},
    "flag_counts": {"missing_basis": 1, "unhonoured:gain_harvest": 2},
    "stage_seconds": {"read": 0.25, "solve": 1.75},
    "accounts_per_second": 2.0,
    "peak_memory_mib": 120.4,
    "digests": {"book": "b" * 64, "result": "r" * 64, "engine": "trimtab test"},
}


def sample_view() -> RunView:
    """Four accounts of two firms: A1 proposes, A2 and A3 hold (A3's tax is unknown), A4 could not be evaluated."""
    lost = dict.fromkeys(evaluation("A4")) | {"account_id": "A4", "decision": "error", "release": "review"}
    evaluations = table(
        "evaluations",
        evaluation("A1", **PROPOSING),
        evaluation("A2", solve_ms=20.0),
        evaluation("A3", tax=None, budget_used=None, budget_left=None, tax_of_full_realignment=None),
        lost | {"why": "error"},
    ).with_columns(
        plan_progress=pl.Series([0.75, None, None, None], dtype=pl.Float64),
        plan_finish=pl.Series([date(2022, 3, 1), None, None, None], dtype=pl.Date),
    )
    return RunView(
        name="Sample <book>",
        as_of=date(2020, 6, 1),
        tables={name: table(name) for name in TABLES_OUT} | _of_account_one() | {"evaluations": evaluations},
        summary=SUMMARY,
        accounts=pl.DataFrame(
            {
                "account_id": ["A1", "A2", "A3"],
                "firm_id": ["F1", "F1", "F2"],
                "tax_type": ["taxable", "tax_deferred", "taxable"],
                "name": ["Old & <new> stock", None, None],
            }
        ),
        firms=pl.DataFrame({"firm_id": ["F1", "F2"], "name": ["First, Inc.", None]}),
        securities=pl.DataFrame(
            {
                "security_id": ["VTI", "BND", "OLD"],
                "symbol": [None, "BND", "OLDX"],
                "name": ["Total market", None, "Old Co"],
            }
        ),
        plans=pl.DataFrame(
            [("A1", date(2020, 1, 2), 1000.0, None, None, "3")],
            schema={
                "account_id": pl.String,
                "plan_approved": pl.Date,
                "plan_tax": pl.Float64,
                "plan_gain": pl.Float64,
                "plan_until": pl.Date,
                "plan_point": pl.String,
            },
            orient="row",
        ),
        gifts=pl.DataFrame(
            [("A1", "OLD", "L1", date(2015, 1, 5), 9_000.0, 5_000.0, 1_190.0)],
            schema=["account_id", "security_id", "lot_id", "acquired", "worth", "gain", "tax_avoided"],
            orient="row",
        ),
        notes=("The market is simulated.",),
    )


def _of_account_one() -> dict[str, pl.DataFrame]:
    one = {"account_id": "A1"}
    old = one | {"security_id": "OLD"}
    bad = {"table": "lots", "field": "quantity", "reason": "invalid: negative", "remedy": "fix it"}
    sold = old | {"quantity": 10.5, "gain": -2000.0, "tax": -400.0}
    return {
        "targets": table(
            "targets",
            one | _line("VTI", "us_equity", 0.6, 0.5, 0.6),
            one | _line("BND", "us_bond", 0.39, 0.34, 0.385),
            one | _line("OLD", "us_equity", 0.0, 0.15, 0.005),
        ),
        "trades": table(
            "trades",
            one | {"security_id": "VTI", "side": "buy", "quantity": 100, "notional": 30_000.0, "cost": 1.5},
            sold | {"side": "sell", "notional": 43_500.0, "cost": 2.25, "binding": "cash"}
            | {"gain_short": -2000.0, "gain_long": 0.0},
        ),
        "sales": table("sales", sold | {"lot_id": "L1", "term": "S", "proceeds": 43_500.0, "basis": 45_500.0}),
        "reasons": table(
            "reasons",
            old | {"decision": "sell", "code": "harvest", "text": "Sell OLD at a loss of $2000."},
            one | {"security_id": "VTI", "decision": "buy", "code": "to_target", "text": "Buy VTI."},
            one | _kept("BND"),
        ),
        "conflicts": table(
            "conflicts",
            one | {"limit": "max_weight:OLD", "shortfall": 1500.0, "relaxation": "OLD cannot move that far"},
        ),
        "settings": table(
            "settings",
            one | {"key": "min_trade", "value": "500", "scope": "firm", "set_by": "F1"},
            one | {"key": "harvest", "value": "true", "scope": "default", "set_by": ""},
        ),
        "wash_windows": table("wash_windows", old | {"no_buy_until": date(2020, 7, 1)}),
        "failures": table(
            "failures",
            bad | {"row": "A4/L1", "value": "-1"},
            bad | {"row": "A4/L2", "value": "-2"},
        ),
    }  # fmt: skip


def _line(security: str, kind: str, target: float, before: float, after: float) -> Row:
    return {
        "security_id": security,
        "slot": security,
        "asset_class": kind,
        "target_weight": target,
        "weight_before": before,
        "weight_after": after,
    }


def _kept(security: str) -> Row:
    return {
        "security_id": security,
        "decision": "hold",
        "code": "tax_outweighs",
        "text": "BND stays: tax outweighs.",
        "benefit": 30.0,
        "tax": -75.0,
        "cost": -1.0,
        "blocked_by": "max_weight",
    }


def many(view: RunView, number: int) -> RunView:
    """The same run with so many holding accounts, each at a firm of its own, beside the first."""
    extra = table("evaluations", *(evaluation(f"B{place:06d}", solve_ms=1.0) for place in range(number)))
    accounts = pl.DataFrame(
        {
            "account_id": extra["account_id"],
            "firm_id": [f"G{place:06d}" for place in range(number)],
            "tax_type": ["taxable"] * number,
            "name": [None] * number,
        },
        schema=view.accounts.schema,
    )
    firms = pl.DataFrame({"firm_id": accounts["firm_id"], "name": accounts["firm_id"] + " Wealth"})
    failures = pl.concat([view.tables["failures"], *(
        table("failures", {"table": "lots", "field": f"f{place}", "reason": "invalid: " + "x" * 200, "remedy": "mend"})
        for place in range(200)
    )])  # fmt: skip
    tables = {
        **view.tables,
        "evaluations": pl.concat([view.tables["evaluations"], extra], how="diagonal"),
        "failures": failures,
    }
    return replace(
        view,
        tables=tables,
        accounts=pl.concat([view.accounts, accounts]),
        firms=pl.concat([view.firms, firms]),
    )
