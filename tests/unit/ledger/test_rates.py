import json
from itertools import pairwise

import pytest

from trimtab.core.result import Failure, Reason
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
    assert "2024 to 2026" in found.remedy
    assert isinstance(federal_table(2026, "mfj"), FederalTable)


def test_rates_rise():
    assert all(low < high for low, high in pairwise(ORDINARY_RATES))
    assert [str(rate) for rate in ORDINARY_RATES] == ["0.10", "0.12", "0.22", "0.24", "0.32", "0.35", "0.37"]


def test_state_rows():
    assert EXCISE["WA", 2024].deduction == 270_000
    assert SPLIT["MA", 2025].surtax_threshold == 1_083_150
