import re
from pathlib import Path

from trimtab.book.tables_wishes import TABLES_IN
from trimtab.desk.honoured import ASKED, HONOURED
from trimtab.policy.rules import RULES
from trimtab.policy.settings import KEYS

SOURCE = Path(__file__).resolve().parents[3] / "src" / "trimtab"
ACTING = ("desk", "optimize", "policy", "ledger", "risk", "market", "trade")


def test_every_table_is_read_by_the_day_or_said_to_be_not_acted_on():
    text = "\n".join(path.read_text() for room in ACTING for path in (SOURCE / room).rglob("*.py"))
    read = set(re.findall(r'tables\["(\w+)"\]', text))
    assert set(TABLES_IN) - read - ASKED == set()


def test_what_is_honoured_is_known():
    assert HONOURED.issubset({*KEYS, *RULES})
    assert ASKED.issubset(TABLES_IN)
