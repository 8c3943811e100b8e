from __future__ import annotations

from hypothesis import given

from stripchart.store.exporting.formulas import FORMULA, defuse, undo
from support.tables import TEXTS


@given(TEXTS)
def test_no_cell_is_a_formula_and_every_text_comes_back(text: str) -> None:
    assert not defuse(text).startswith(FORMULA)
    assert undo(defuse(text)) == text


def test_what_is_harmless_stays_as_it_is() -> None:
    assert defuse("idle = 5") == "idle = 5"
    assert defuse("=1+1") == "'=1+1"
    assert defuse("'=1+1") == "''=1+1"
