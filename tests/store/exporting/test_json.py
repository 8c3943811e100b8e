from __future__ import annotations

import json

import numpy as np
from hypothesis import given

from stripchart.flow.records import ABSENT, Batch, Channel, Kind, make_batch
from stripchart.store.exporting.export import render
from stripchart.store.exporting.iso import from_iso
from stripchart.store.reading.rows import Choice, distinct_names
from support.tables import NOW, plain, streams

CHANNELS = (Channel("temp", "°C"), Channel("door", "", Kind.STATE), Channel("temp", "", Kind.TEXT))


def written(batches: list[Batch], choices: list[Choice]) -> list[dict[str, object]]:
    of = {choice.stream: [batch for batch in batches if batch.stream == choice.stream] for choice in choices}
    data = b"".join(render(choices, "json", lambda choice: of[choice.stream]))
    return [json.loads(line) for line in data.splitlines()]


def test_a_row_is_an_object() -> None:
    batch = make_batch("bench", CHANNELS, [NOW, NOW + 1], [[1.5, np.nan], [ABSENT, 1], ["", "a\n"]], gap=True)
    assert written([batch], [Choice("bench", CHANNELS)]) == [
        {"time": "2023-11-14T22:13:20.000000123Z", "stream": "bench", "gap": True, "temp": 1.5},
        {"time": "2023-11-14T22:13:20.000000124Z", "stream": "bench", "temp": None, "door": 1.0, "temp (text)": "a\n"},
    ]


@given(streams())
def test_every_value_is_there(drawn: list[tuple[Choice, list[Batch]]]) -> None:
    choices = [choice for choice, _ in drawn]
    batches = [batch for _, of_stream in drawn for batch in of_stream]
    rows = written(batches, choices)
    names = {
        choice.stream: dict(
            zip(
                [(channel.name, channel.kind is Kind.TEXT) for channel in choice.channels],
                distinct_names(choice.channels, ["time", "stream", "gap"]),
                strict=True,
            )
        )
        for choice in choices
    }
    for row, expected in zip(rows, plain(batches), strict=True):
        assert from_iso([str(row.pop("time"))]).tolist() == [expected.time]
        assert (row.pop("stream"), row.pop("gap", False)) == (expected.stream, expected.gap)
        assert row.keys() == {names[expected.stream][key] for key in expected.cells}
        for key, value in expected.cells.items():
            found = row[names[expected.stream][key]]
            if key[1] or found is None:
                assert found == value or (found is None and value in {"nan", "inf", "-inf"})
            else:
                assert float(str(found)).hex() == value


def test_lone_surrogates_and_odd_objects_leave_valid_json() -> None:
    texts = np.array(["x\ud800", "ok", 5], object)
    batch = Batch("s", (Channel("c\ud800", kind=Kind.TEXT),), np.arange(3), (texts,))
    assert [row["c?"] for row in written([batch], [Choice("s", batch.channels)])[:1]] == ["x?"]
