from __future__ import annotations

from stripchart.flow.records import Channel, Kind
from stripchart.store.importing.gather import Gatherer
from support.tables import plain

TEMP, NOTE = Channel("temp", "°C"), Channel("note", kind=Kind.TEXT)


def test_values_become_rows() -> None:
    gatherer = Gatherer("s")
    assert gatherer.add(0, 5, TEMP, 1.5)
    assert gatherer.add(0, 5, NOTE, "x")
    assert not gatherer.is_new(0)
    assert gatherer.is_new(1)
    assert gatherer.add(1, 5, NOTE, "y")
    assert not gatherer.add(1, 5, NOTE, "z")
    assert gatherer.rows == 2
    (batch,) = gatherer.cut()
    assert batch.channels == (TEMP, NOTE)
    assert [row.cells for row in plain([batch])] == [
        {("temp", False): (1.5).hex(), ("note", True): "x"}, {("note", True): "y"},
    ]  # fmt: skip
    gatherer.add(1, 6, TEMP, 2.0)
    (batch,) = gatherer.finish()
    assert batch.channels == (TEMP,)
    assert batch.gap
    assert list(gatherer.finish()) == []
