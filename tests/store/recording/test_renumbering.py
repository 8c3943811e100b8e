from __future__ import annotations

from stripchart.store.recording.renumbering import MAX_STRETCHES, Renumbering


def test_rows_by_stretches() -> None:
    rows = Renumbering()
    assert rows.row_of("s", 0) is None
    assert rows.note("s", 5, 100, 10)
    assert rows.note("s", 15, 110, 5)
    assert not rows.note("s", 40, 115, 5)
    found = [rows.row_of("s", row) for row in (0, 5, 19, 20, 39, 40, 44, 45)]
    assert found == [100, 100, 114, 115, 115, 115, 119, 120]
    rows.clear()
    assert rows.row_of("s", 5) is None


def test_it_is_bounded() -> None:
    rows = Renumbering()
    for number in range(2 * MAX_STRETCHES):
        rows.note("s", 10 * number, number, 1)
    assert len(rows._stretches["s"]) == MAX_STRETCHES
    assert rows.row_of("s", 10 * (2 * MAX_STRETCHES - 1)) == 2 * MAX_STRETCHES - 1
