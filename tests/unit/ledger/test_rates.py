import json
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from trimtab.core.result import Failure, Reason
from trimtab.ledger.federal import ordinary_tax
from trimtab.ledger.rates import (
    EXCISE,
    FEDERAL,
    ORDINARY_RATES,
    SPLIT,
    STATUSES,
    YEARS,
    FederalTable,
    federal_table,
)


def test_every_year_has_every_status():
    assert YEARS == (2024, 2025, 2026)
    assert STATUSES == ("hoh", "mfj", "mfs", "single")
    assert set(FEDERAL) == {(year, status) for year in YEARS for status in STATUSES}


@pytest.mark.parametrize("table", FEDERAL.values(), ids=lambda table: f"{table.year} {table.status}")
def test_tables_ascend_and_bands_fit_the_brackets(table):
    assert all(low < high for low, high in pairwise(table.edges))
    assert 0 < table.edges[1] - table.zero_top <= 2_500
    assert table.edges[4] < table.fifteen_top < table.edges[5]
    assert table.loss_limit == (1500 if table.status == "mfs" else 3000)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_separate_halves_joint(year):
    joint, separate, single = (federal_table(year, status) for status in ("mfj", "mfs", "single"))
    assert separate.edges == (*(edge // 2 for edge in joint.edges[:5]), joint.edges[5] // 2)
    assert separate.edges[:5] == single.edges[:5]
    assert separate.niit_threshold * 2 == joint.niit_threshold == 250_000
    assert single.niit_threshold == federal_table(year, "hoh").niit_threshold == 200_000
    assert separate.standard_deduction * 2 == joint.standard_deduction == single.standard_deduction * 2


PRINTED = {
    (2024, "single"): ("183647.25", 47_025, 518_900),
    (2024, "mfj"): ("196669.50", 94_050, 583_750),
    (2024, "mfs"): ("98334.75", 47_025, 291_850),
    (2024, "hoh"): ("181954.50", 63_000, 551_350),
    (2025, "single"): ("188769.75", 48_350, 533_400),
    (2025, "mfj"): ("202154.50", 96_700, 600_050),
    (2025, "mfs"): ("101077.25", 48_350, 300_000),
    (2025, "hoh"): ("187031.50", 64_750, 566_700),
    (2026, "single"): ("192979.25", 49_450, 545_500),
    (2026, "mfj"): ("206583.50", 98_900, 613_700),
    (2026, "mfs"): ("103291.75", 49_450, 306_850),
    (2026, "hoh"): ("191171.00", 66_200, 579_600),
}
"""What the schedules print as tax at the top of the 35 % bracket (every edge goes into it), and the gain bands."""


@pytest.mark.parametrize("place", PRINTED)
def test_the_printed_tax_at_the_top_of_the_schedule(place):
    table, (tax, zero, fifteen) = FEDERAL[place], PRINTED[place]
    assert ordinary_tax(table, Fraction(table.edges[-1])) == Fraction(tax)
    assert (table.zero_top, table.fifteen_top) == (zero, fifteen)


def test_standard_deductions():
    assert [federal_table(year, "mfj").standard_deduction for year in YEARS] == [29_200, 31_500, 32_200]
    assert [federal_table(year, "hoh").standard_deduction for year in YEARS] == [21_900, 23_625, 24_150]


@pytest.mark.shared
def test_tables_are_those_of_the_vectors(shared):
    header = json.loads((shared / "cases" / "tax_lots.json").read_text())["header"]["federal_tables"]
    ours = {
        str(year): {
            status: {
                "ordinary_upper_edges": list(federal_table(year, status).edges),
                "zero_and_fifteen_tops": [
                    federal_table(year, status).zero_top,
                    federal_table(year, status).fifteen_top,
                ],
            }
            for status in STATUSES
        }
        for year in YEARS
    }
    assert ours == header


@pytest.mark.parametrize(
    ("year", "status", "field", "reason"),
    [(2027, "mfj", "year", Reason.MISSING), (2025, "married", "filing_status", Reason.INVALID)],
)
def test_a_table_that_is_not_there_is_a_failure(year, status, field, reason):
    found = federal_table(year, status)
    assert isinstance(found, Failure)
    assert (found.reason, found.field, found.table) == (reason, field, "taxpayers")
    assert found.value == str(year if field == "year" else status)
    assert found.remedy == "use a filing status of hoh, mfj, mfs, single and a year from 2024 to 2026"
    assert isinstance(federal_table(2026, "mfj"), FederalTable)


def test_rates_rise():
    assert all(low < high for low, high in pairwise(ORDINARY_RATES))
    assert [str(rate) for rate in ORDINARY_RATES] == ["0.10", "0.12", "0.22", "0.24", "0.32", "0.35", "0.37"]


def test_state_rows():
    assert EXCISE["WA", 2024].deduction == 270_000
    table = SPLIT["MA", 2025]
    assert (table.surtax_threshold, table.surtax_rate, table.dividend_offset) == (
        1_083_150,
        Decimal("0.04"),
        2_000,
    )
    assert (table.short_rate, table.long_rate) == (Decimal("0.085"), Decimal("0.05"))
