"""A small sound book as text, to be spoiled one cell at a time."""

from collections.abc import Mapping
from pathlib import Path

TABLES: Mapping[str, str] = {
    "book.toml": 'as_of = "2020-06-01"\nschema = "1"\ncurrency = "USD"\nname = "small"\n',
    "firms.csv": 'firm_id,name\nF1,"First, Inc."\nF2,Second\n',
    "securities.csv": (
        "security_id,kind,price,asset_class,half_spread_bps,price_factor,price_date\n"
        "BND,etf,88.5,us_bond,2,,2020-06-01\n"
        "UST,bond,101.5,us_bond,5,0.01,2020-06-01\n"
        "VTI,etf,150.25,us_equity,1,,2020-06-01\n"
        "VXUS,etf,50,intl_equity,1,,2020-06-01\n"
    ),
    "prices.csv": (
        "date,security_id,close\n2020-05-28,VTI,149\n2020-05-29,VTI,150\n2020-05-28,BND,88\n2020-05-29,BND,88.25\n"
    ),
    "models.csv": (
        "model_id,node_id,parent_node_id,kind,ref,weight,firm_id\n"
        "M1,eq,,class,us_equity,0.6,\nM1,vti,eq,security,VTI,1,\nM1,fi,,security,BND,0.4,\n"
        "M2,core,,model,M1,0.9,F2\nM2,cash,,cash,,0.1,F2\n"
    ),
    "households.csv": "household_id,firm_id\nH1,F1\nH2,F2\n",
    "taxpayers.csv": "taxpayer_id,household_id,short_rate,long_rate\nT1,H1,0.408,0.238\nT2,H2,0.3,0.15\n",
    "accounts.csv": (
        "account_id,firm_id,tax_type,cash,household_id,taxpayer_id,model_id,custodian\n"
        "A1,F1,taxable,1000.50,H1,T1,M1,schwab\n"
        "A2,F1,tax_deferred,0,H1,T1,M1,schwab\n"
        "A3,F2,taxable,250,H2,T2,M2,fidelity\n"
        "A4,F2,taxable,75,,T2,M2,fidelity\n"
    ),
    "lots.csv": (
        "account_id,lot_id,security_id,quantity,unit_cost,acquired\n"
        "A1,L1,VTI,10.5,100.123456789,2015-03-04\n"
        "A1,L2,BND,5,90,2016-03-04\n"
        "A2,L1,VTI,7,99,2019-01-02\n"
        "A3,L1,BND,70,80,2019-01-02\n"
        "A4,L1,VTI,1,80,2019-01-02\n"
    ),
}


def write_small_book(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Write the book with some files replaced (text or bytes) or left out (None)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**TABLES, **(changes or {})}.items():
        if content is not None:
            raw = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(raw)
    return folder


def spoiled(name: str, old: str, new: str) -> dict[str, str]:
    """One file of the book with one text replaced."""
    assert TABLES[name].count(old) == 1, f"{old} is not once in {name}"
    return {name: TABLES[name].replace(old, new)}
