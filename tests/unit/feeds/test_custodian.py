"""Every sample of a real custodian's export parses, or says clearly why it does not."""

import json

import pytest

from trimtab.cli.gains_view import facts
from trimtab.core.result import Reason
from trimtab.desk.gains import gains
from trimtab.feeds.parse import parse

S, L = "schwab/test_basic__", "schwab/test_lots__"
HELD = f"{L}positions__lots__"
EXPECTED = {
    # file: rows read, transactions, positions, rows of cash passed over, sales shown, open lots, failures
    "fidelity/FidoHistoryActionTests_1.csv": (1, 0, 0, 1, 0, 0, 0),
    "fidelity/FidoHistoryActionTests_2.csv": (1, 1, 0, 0, 0, 1, 0),
    "fidelity/FidoHistoryActionTests_3.csv": (1, 1, 0, 0, 0, 0, 0),
    "fidelity/FidoHistoryTests_1.csv": (3, 0, 0, 3, 0, 0, 0),
    "fidelity/FidoHistoryTests_2.csv": (1, 1, 0, 0, 0, 1, 0),
    "fidelity/FidoPositionsTests_1.csv": (2, 0, 2, 0, 0, 2, 0),
    "fidelity/FidoPositionsTests_2.csv": (2, 0, 2, 0, 0, 2, 0),
    "fidelity/FidoSalesTests_1.csv": (1, 2, 0, 0, 1, 0, 0),
    "ib_flex/fragments.xml": (10, 5, 0, 6, 1, 3, 6),
    "ofx/account_listing_aggregation.ofx": (0, 0, 0, 0, 0, 0, 0),
    "ofx/broken_date_missing.ofx": (0, 0, 0, 0, 0, 0, 1),
    "ofx/broken_decimal_error.ofx": (0, 0, 0, 0, 0, 0, 1),
    "ofx/broken_empty_balance.ofx": (0, 0, 0, 0, 0, 0, 1),
    "ofx/fidelity-ira.ofx": (10, 4, 0, 0, 0, 4, 6),
    "ofx/fidelity-savings.ofx": (4, 0, 0, 4, 0, 0, 0),
    "ofx/fidelity.ofx": (17, 14, 6, 3, 2, 9, 2),
    "ofx/fidelity_treasury.ofx": (3, 2, 1, 1, 1, 0, 0),
    "ofx/investment_401k.ofx": (3, 3, 2, 0, 0, 0, 0),
    "ofx/investment_buy_sell_income.ofx": (20, 19, 15, 1, 4, 20, 3),
    "ofx/investment_medium.ofx": (3, 0, 0, 3, 0, 0, 0),
    "ofx/invstmtrs_ofx2.ofx": (2, 1, 2, 1, 0, 3, 0),
    "ofx/multiple_accounts2.ofx": (0, 0, 0, 0, 0, 0, 0),
    "ofx/ofx-v102-empty-tags.ofx": (1, 0, 0, 1, 0, 0, 0),
    "ofx/td_ameritrade.ofx": (0, 0, 2, 0, 0, 2, 0),
    "ofx/tiaacref.ofx": (1, 0, 6, 1, 0, 6, 0),
    "ofx/vanguard.ofx": (1, 1, 2, 0, 1, 1, 1),
    "ofx/vanguard401k.ofx": (5, 5, 1, 0, 0, 0, 0),
    "ofx/vanguard_roth_ira.ofx": (1, 1, 1, 0, 0, 2, 0),
    "ofx/vanguard_xfer_in.ofx": (2, 2, 0, 0, 0, 2, 0),
    f"{S}positions__All-Accounts-Positions-2020-11-15.CSV": (3, 0, 3, 4, 0, 3, 0),
    f"{S}positions__Intelligent-Positions-2020-11-30.CSV": (1, 0, 1, 2, 0, 1, 0),
    f"{S}transactions__Brokerage_Transactions_20201115-180021.CSV": (21, 13, 0, 3, 1, 2, 5),
    f"{S}transactions__Brokerage_Transactions_20201130-180000.CSV": (0, 0, 0, 0, 0, 0, 0),
    f"{S}transactions__EAC_Checking_Transactions_20201223-160009.CSV": (14, 0, 0, 14, 0, 0, 0),
    f"{S}transactions__Intelligent_Transactions_20201115-180120.CSV": (25, 16, 0, 6, 3, 3, 4),
    f"{L}positions__Intelligent-Positions-2020-08-25.CSV": (2, 0, 2, 2, 0, 2, 0),
    f"{L}positions__Intelligent-Positions-2020-09-25.CSV": (2, 0, 2, 2, 0, 2, 0),
    f"{L}positions__Intelligent-Positions-2020-10-25.CSV": (1, 0, 1, 2, 0, 1, 0),
    f"{HELD}2020-08-25__FNDA.csv": (1, 1, 0, 0, 0, 1, 0),
    f"{HELD}2020-08-25__SCHA.csv": (1, 1, 0, 0, 0, 1, 0),
    f"{HELD}2020-09-25__FNDA.csv": (1, 1, 0, 0, 0, 1, 0),
    f"{HELD}2020-09-25__HYLB.csv": (2, 2, 0, 0, 0, 2, 0),
    f"{HELD}2020-09-25__IAU.csv": (1, 1, 0, 0, 0, 1, 0),
    f"{HELD}2020-09-25__SCHA.csv": (2, 2, 0, 0, 0, 2, 0),
    f"{HELD}2020-10-25__HYLB.csv": (2, 2, 0, 0, 0, 2, 0),
    f"{HELD}2020-10-25__IAU.csv": (1, 1, 0, 0, 0, 1, 0),
    f"{HELD}2020-10-25__SCHA.csv": (1, 1, 0, 0, 0, 1, 0),
    f"{L}transactions__Intelligent_Transactions_20201115-180120.CSV": (11, 10, 0, 0, 3, 4, 0),
}


def found_in(path, name):
    statement = parse(name, path.read_bytes())
    return statement, gains([statement], table=name)


@pytest.mark.shared
def test_every_sample_parses_or_says_why(shared):
    folder = shared / "data" / "custodian"
    counted = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "SOURCES.csv"):
        name = path.relative_to(folder).as_posix()
        statement, found = found_in(path, name)
        json.dumps(facts(found, form=True))
        assert statement.source
        assert all(failure.message and failure.remedy for failure in found.failures), name
        assert all(row.closed.basis is not None or row.form is None for row in found.rows), name
        assert statement.missing or any(failure.reason is Reason.PARSING for failure in found.failures), name
        counted[name] = (
            *(statement.rows, len(statement.lines), len(statement.positions), statement.passed),
            *(len(found.rows), len(found.lots), len(found.failures)),
        )
    assert counted == EXPECTED
