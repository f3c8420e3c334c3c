"""Plain words for the codes a run writes: decisions, causes, triggers, flags, reasons, settings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DECISIONS: Final = ("propose", "hold", "blocked", "error")

WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "within_bands": "every class, cash and tracking error lie within their bands",
        "below_benefit": "trading would gain less than the account's minimum benefit",
        "nothing_to_trade": "no trade of whole shares improves on standing still",
        "conflict": "limits collide: no set of trades keeps them all",
        "cash_before_plan": "cash due is raised although the account arrives and has no plan yet",
        "no_whole_share_answer": "no answer in whole shares keeps every limit",
        "not_certified": "the certifier does not agree with the answer, so nothing is traded",
        "frozen": "the account is frozen",
        "closing": "the account is closing",
        "held_away": "the account is held away: it counts and is not traded",
        "no_target": "the account has no target",
        "unpriced": "a holding has no price, so the account has no value",
        "no_value": "there is nothing in the account",
        "arriving": "the account is arriving and no plan was chosen yet",
        "error": "its data could not be used; see the failures",
        "cash_short": "cash that is due is not there",
        "class_band": "a class left its band",
        "cash_band": "cash left its band",
        "tracking_error_band": "tracking error left its band",
        "security_band": "a security left its band",
        "household": "an account beside it that shares its target asks",
        "harvest": "a loss is worth harvesting",
        "forced": "a restriction or plan asks for a trade",
        "changed": "its model, list or policy changed",
    }
)
FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "conflict": "limits collide",
        "missing_basis": "the basis of a lot is unknown",
        "missing_basis_sold": "a lot of unknown basis is sold: its tax is unknown",
        "break": "the custodian's position differs from the lots; the security is frozen",
        "stale_price": "a price is old; the security is frozen",
        "unpriced": "a security has no price",
        "unknown_tax": "what the taxpayer realized elsewhere is unknown",
        "default_rates": "no tax rates were given; the highest ones are used",
        "open_order": "an order is still open; it counts as done",
        "partial_coverage": "purchases in an account of its wash scope are not seen in full",
        "slot_unfilled": "a slot of the target has no product that may fill it",
        "no_target": "the account has no target",
        "forced_sale": "a sale is made although it waits or costs tax, to meet a limit",
        "no_whole_share_answer": "no answer in whole shares keeps every limit",
        "not_certified": "the certifier does not agree with the answer, so nothing is traded",
    }
)
STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "world": "Build the world",
        "read": "Read the book",
        "compare": "Find what the change touches",
        "engine": "Load the engine (compiled the first time: up to a minute)",
        "policy": "Policies, models and targets",
        "risk": "Risk model",
        "tax": "Tax years and wash windows",
        "value": "Value accounts and lots",
        "stand": "Measure against target",
        "solve": "Solve and round",
        "conclude": "Decide",
        "explain": "Reasons and conflicts",
        "tables": "Draw up the tables",
        "night": "Accounts of the night",
    }
)
CLASSES: Final[Mapping[str, str]] = MappingProxyType({"us": "US", "intl": "International", "em": "EM"})


def why(codes: str | None) -> str:
    """A decision's `why` in words: each code of the `;` list, or the code itself where it has no sentence."""
    if not codes:
        return "no cause was recorded"
    return "; ".join(WHY.get(code, spaced(code)) for code in codes.split(";"))


def flag(code: str) -> str:
    """A flag in words."""
    if code.startswith("unhonoured:"):
        return f"asks for {spaced(code.removeprefix('unhonoured:'))}, which is not acted on yet"
    return FLAGS.get(code, spaced(code))


def stage(name: str) -> str:
    """A stage of the run in words."""
    return STAGES.get(name, spaced(name).capitalize())


def class_name(code: str | None) -> str:
    """An asset class as a title: us_equity is US equity."""
    if not code:
        return "Unclassified"
    first, *rest = code.split("_")
    return " ".join((CLASSES.get(first, first.capitalize()), *rest))


def spaced(code: str) -> str:
    """A code with spaces in place of underscores."""
    return code.replace("_", " ")
