from trimtab.world.firms import ranked
from trimtab.world.securities import FUNDS, LEGACY_BANK, SLOTS, TOBACCO, companies


def test_sixty_companies_with_symbols_no_fund_has():
    made = companies()
    symbols = [c.symbol for c in made]
    assert len(set(symbols)) == len(made) == 60
    assert not set(symbols) & {f.symbol for f in FUNDS}
    assert all(len(s) == 5 for s in symbols), "five letters: no company's ticker on an American exchange"


def test_the_companies_situations_speak_of_exist():
    by_symbol = {c.symbol: c for c in companies()}
    assert by_symbol[LEGACY_BANK].sector == "Financials"
    assert {by_symbol[s].industry for s in TOBACCO} == {"Tobacco"}
    assert [c.symbol for c in companies() if c.industry == "Tobacco"] == sorted(TOBACCO)


def test_every_slot_has_a_fund_that_may_be_bought():
    assert {f.slot for f in FUNDS} == set(SLOTS)
    for slot in SLOTS:
        node = "us_bond_broad" if slot == "us_bond" else slot
        assert ranked(node, "V")
