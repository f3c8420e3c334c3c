"""Estimate the moments of the demo's world: annual means, volatilities, correlations; no prices leave here.

python bench/worldmoments.py [--data DIR] [--out src/trimtab/world/moments.json]
"""

import argparse
import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl

from books_market import load_market

HERE = Path(__file__).resolve().parents[1]
FROM, TO = dt.date(2009, 6, 30), dt.date(2020, 11, 30)
WEEKS = 252 / 5
# Slot -> the fund whose history stands for it; the twins that may fill it in the demo.
SLOTS = {
    "us_total": "VTI", "us_small": "VB", "developed": "VEA", "emerging": "VWO", "us_bond": "BND", "us_short": "BSV",
    "tips": "TIP", "muni": "MUB", "intl_bond": "BWX", "high_yield": "JNK", "em_bond": "EMB", "reit": "VNQ",
    "gold": "GLD", "commodities": "DBC",
}  # fmt: skip


def weekly(total: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Weekly total returns: last session of each week against the one before."""
    week = (days.astype(int) + 3) // 7
    rows = np.nonzero(np.append(week[1:] != week[:-1], True))[0]
    return np.asarray(total[rows][1:] / total[rows][:-1] - 1)


def main() -> None:
    """Estimate on the real weeks of 2009–2020 and write the rounded table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=HERE / "src" / "trimtab" / "world" / "moments.json")
    a = parser.parse_args()
    market = load_market(a.data, TO, since=FROM)
    returns = dict(zip(market.symbols, weekly(market.total, market.days).T, strict=True))
    yields = dict(zip(market.securities["symbol"], market.securities["dividend_yield"], strict=True))
    slots = np.array([returns[f] for f in SLOTS.values()])
    companies = market.securities.filter((pl.col("kind") == "equity") & pl.col("sector").is_not_null())
    whole = [s for s in companies["symbol"] if not np.isnan(returns[s]).any()]
    sector = dict(zip(companies["symbol"], companies["sector"], strict=True))
    us = returns["VTI"]
    sectors, residuals = {}, []
    for name in sorted(set(sector.values())):
        members = np.array([returns[s] for s in whole if sector[s] == name])
        mean = members.mean(axis=0)
        beta = np.cov(mean, us)[0, 1] / us.var(ddof=1)
        residual = mean - beta * us
        betas = np.array([np.cov(m, us)[0, 1] / us.var(ddof=1) for m in members])
        own = members - betas[:, None] * us - residual
        sectors[name] = {
            "companies": len(members),
            "beta": round(float(beta), 2),
            "beta_spread": round(float(betas.std()), 2),
            "volatility": round(float(residual.std(ddof=1) * WEEKS**0.5), 3),
            "specific_low": round(float(np.quantile(own.std(axis=1, ddof=1), 0.1) * WEEKS**0.5), 2),
            "specific_high": round(float(np.quantile(own.std(axis=1, ddof=1), 0.9) * WEEKS**0.5), 2),
            "dividend_yield": round(float(np.median([yields[s] for s in whole if sector[s] == name])), 3),
        }
        residuals.append(residual)
    moments = {
        "about": "Annual moments of weekly total returns, mid 2009 to end of November 2020, rounded. No prices.",
        "slots": {
            slot: {
                "mean": round(float(r.mean() * WEEKS), 3),
                "volatility": round(float(r.std(ddof=1) * WEEKS**0.5), 3),
                "dividend_yield": round(float(yields[fund]), 3),
            }
            for (slot, fund), r in zip(SLOTS.items(), slots, strict=True)
        },
        "slot_correlation": np.round(np.corrcoef(slots), 2).tolist(),
        "sectors": sectors,
        "sector_correlation": np.round(np.corrcoef(residuals), 2).tolist(),
    }
    text = json.dumps(moments, indent=1)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    a.out.write_text(_compact(text) + "\n")
    print(f"{len(SLOTS)} slots, {len(sectors)} sectors of {len(whole)} companies: {a.out}")


def _compact(text: str) -> str:
    """Rows of numbers on one line each, so that a change of one moment is a change of one line."""
    out, row = [], ""
    for line in text.splitlines():
        bare = line.strip()
        if row or bare == "[":
            row += bare + (" " if bare.endswith(",") else "")
            if bare.startswith("]"):
                out.append("  " + row.rstrip())
                row = ""
        else:
            out.append(line)
    return "\n".join(out)


if __name__ == "__main__":
    main()
