"""What can be held in the world: funds under their real names, companies that do not exist, a few oddities."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund that follows a slot: its yearly fee, half spread, and how far it strays from the slot in a year."""

    symbol: str
    name: str
    slot: str
    asset_class: str
    family: str
    expense_ratio: float
    half_spread_bps: float
    strays: float = 0.004
    identical_group: str | None = None
    kind: str = "etf"


@dataclass(frozen=True, slots=True)
class Company:
    """An invented company of the world's index."""

    symbol: str
    name: str
    sector: str
    industry: str


FUNDS: Final = (
    Fund("VTI", "Vanguard Total Stock Market ETF", "us_total", "us_equity", "V", 0.0003, 0.5),
    Fund("ITOT", "iShares Core S&P Total U.S. Stock Market ETF", "us_total", "us_equity", "I", 0.0003, 0.7),
    Fund("SCHB", "Schwab U.S. Broad Market ETF", "us_total", "us_equity", "S", 0.0003, 0.8),
    Fund("VB", "Vanguard Small-Cap ETF", "us_small", "us_equity", "V", 0.0005, 1.0),
    Fund("IJR", "iShares Core S&P Small-Cap ETF", "us_small", "us_equity", "I", 0.0006, 1.0, 0.02),
    Fund("SCHA", "Schwab U.S. Small-Cap ETF", "us_small", "us_equity", "S", 0.0004, 1.5, 0.015),
    Fund("VEA", "Vanguard FTSE Developed Markets ETF", "developed", "intl_equity", "V", 0.0005, 1.0),
    Fund("IEFA", "iShares Core MSCI EAFE ETF", "developed", "intl_equity", "I", 0.0007, 1.0, 0.008),
    Fund("SCHF", "Schwab International Equity ETF", "developed", "intl_equity", "S", 0.0006, 1.5, 0.006),
    Fund("EFA", "iShares MSCI EAFE ETF", "developed", "intl_equity", "I", 0.0032, 1.0, 0.008),
    Fund("VWO", "Vanguard FTSE Emerging Markets ETF", "emerging", "em_equity", "V", 0.001, 1.2),
    Fund("IEMG", "iShares Core MSCI Emerging Markets ETF", "emerging", "em_equity", "I", 0.0009, 1.2, 0.015),
    Fund("SCHE", "Schwab Emerging Markets Equity ETF", "emerging", "em_equity", "S", 0.0011, 2.0, 0.01),
    Fund("BND", "Vanguard Total Bond Market ETF", "us_bond", "us_bond", "V", 0.0003, 0.6, 0.002),
    Fund("AGG", "iShares Core U.S. Aggregate Bond ETF", "us_bond", "us_bond", "I", 0.0003, 0.5, 0.002),
    Fund("SCHZ", "Schwab U.S. Aggregate Bond ETF", "us_bond", "us_bond", "S", 0.0004, 1.0, 0.002),
    Fund("BSV", "Vanguard Short-Term Bond ETF", "us_short", "us_bond", "V", 0.0004, 0.8, 0.002),
    Fund(
        "VTIP",
        "Vanguard Short-Term Inflation-Protected Securities ETF",
        "tips",
        "tips",
        "V",
        0.0004,
        1.0,
        0.01,
    ),
    Fund("TIP", "iShares TIPS Bond ETF", "tips", "tips", "I", 0.0019, 0.8, 0.003),
    Fund("SCHP", "Schwab U.S. TIPS ETF", "tips", "tips", "S", 0.0005, 0.9, 0.003),
    Fund("VTEB", "Vanguard Tax-Exempt Bond ETF", "muni", "muni", "V", 0.0006, 1.0, 0.003),
    Fund("MUB", "iShares National Muni Bond ETF", "muni", "muni", "I", 0.0007, 0.8, 0.003),
    Fund("BNDX", "Vanguard Total International Bond ETF", "intl_bond", "intl_bond", "V", 0.0007, 1.0, 0.003),
    Fund(
        "IAGG",
        "iShares Core International Aggregate Bond ETF",
        "intl_bond",
        "intl_bond",
        "I",
        0.0007,
        1.5,
        0.004,
    ),
    Fund(
        "USHY",
        "iShares Broad USD High Yield Bond ETF",
        "high_yield",
        "high_yield",
        "I",
        0.0015,
        1.5,
        0.004,
    ),
    Fund("SPHY", "SPDR Portfolio High Yield Bond ETF", "high_yield", "high_yield", "P", 0.001, 2.0, 0.006),
    Fund("JNK", "SPDR Bloomberg High Yield Bond ETF", "high_yield", "high_yield", "P", 0.004, 0.8, 0.005),
    Fund(
        "VWOB", "Vanguard Emerging Markets Government Bond ETF", "em_bond", "em_bond", "V", 0.0025, 2.5, 0.008
    ),
    Fund(
        "EMB",
        "iShares J.P. Morgan USD Emerging Markets Bond ETF",
        "em_bond",
        "em_bond",
        "I",
        0.0039,
        1.0,
        0.006,
    ),
    Fund("VNQ", "Vanguard Real Estate ETF", "reit", "real_estate", "V", 0.0012, 0.7, 0.006),
    Fund("USRT", "iShares Core U.S. REIT ETF", "reit", "real_estate", "I", 0.0008, 2.0, 0.015),
    Fund("SCHH", "Schwab U.S. REIT ETF", "reit", "real_estate", "S", 0.0007, 1.5, 0.015),
    Fund("IAU", "iShares Gold Trust", "gold", "gold", "I", 0.0025, 1.0, 0.001, "gold"),
    Fund("GLDM", "SPDR Gold MiniShares", "gold", "gold", "P", 0.001, 1.2, 0.001, "gold"),
    Fund(
        "PDBC",
        "Invesco Optimum Yield Commodity Strategy",
        "commodities",
        "commodities",
        "Z",
        0.0062,
        3.0,
    ),
    Fund(
        "DBC",
        "Invesco DB Commodity Index Tracking Fund",
        "commodities",
        "commodities",
        "Z",
        0.0087,
        2.0,
        0.02,
    ),
    Fund(
        "HGRFX", "Heritage Growth Fund", "us_total", "us_equity", "H", 0.0098, 0.0, 0.04, None, "mutual_fund"
    ),
    Fund(
        "GRICX",
        "Granite Interval Credit",
        "high_yield",
        "high_yield",
        "H",
        0.0185,
        0.0,
        0.03,
        None,
        "mutual_fund",
    ),
)

SLOTS: Final = (
    "us_total", "us_small", "developed", "emerging", "us_bond", "us_short", "tips", "muni", "intl_bond", "high_yield",
    "em_bond", "reit", "gold", "commodities",
)  # fmt: skip

QUALIFIED: Final = {"us_equity": 0.95, "intl_equity": 0.7, "em_equity": 0.5}
"""Share of a class's dividends taxed at the long rate; classes not named: none."""

INDEX_ID: Final = "WORLD60"
LEGACY_BANK: Final = "CALDE"
TOBACCO: Final = ("DUNLE", "HOLLO")
TREASURY: Final = "UST-4.25-10"
SWEEP: Final = "SWEEP"

_INDUSTRY: Final = {
    "Information Technology": ("Systems", "Application Software"),
    "Health Care": ("Therapeutics", "Pharmaceuticals"),
    "Financials": ("Bancorp", "Diversified Banks"),
    "Consumer Discretionary": ("Stores", "Broadline Retail"),
    "Industrials": ("Works", "Industrial Machinery"),
    "Communication Services": ("Media", "Interactive Media"),
    "Consumer Staples": ("Foods", "Packaged Foods"),
    "Energy": ("Petroleum", "Oil & Gas Production"),
    "Materials": ("Chemicals", "Specialty Chemicals"),
    "Real Estate": ("Properties", "Diversified REITs"),
    "Utilities": ("Power", "Electric Utilities"),
}
_STEMS: Final = {
    "Information Technology": "Ashgrove Brinmoor Corvant Dellwick Emberly Fenlock Glasswing Hexley Inkwell Jarrow "
    "Kestrane Lumenor",
    "Health Care": "Marrowby Nethercot Orchardine Pellbrook Quillane Rosmere Sablewood Thornbury",
    "Financials": "Caldermoor Aldersgate Beaconfell Chartwold Drumlin Eastmarch Fairholt Granthope",
    "Consumer Discretionary": "Hawksbury Ivybridge Juniper Kingsfold Larchmont Millbrae Northgate",
    "Industrials": "Oakhanger Pendleford Quarrington Ravenscar Stonecroft Tarnbrook Underhill",
    "Communication Services": "Vantrel Wexcombe Yarrowden Zephyrine",
    "Consumer Staples": "Dunleith Hollowell Appledore Breadsall Cloverdale",
    "Energy": "Deepwell Flintmoor Gravenor",
    "Materials": "Limewood Claybourne",
    "Real Estate": "Hearthstone Manorfield",
    "Utilities": "Millrace Windover",
}


def companies() -> tuple[Company, ...]:
    """The sixty invented companies, sector by sector; two of the staples make tobacco."""
    made = []
    for sector, stems in _STEMS.items():
        ending, industry = _INDUSTRY[sector]
        for stem in stems.split():
            symbol = stem[:5].upper()
            if symbol in TOBACCO:
                made.append(Company(symbol, f"{stem} Tobacco", sector, "Tobacco"))
            else:
                made.append(Company(symbol, f"{stem} {ending}", sector, industry))
    return tuple(made)
