from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.errors import ConfigError
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.rows import exporting
from stripchart.ui.rows.exporting import PIECE_BYTES, Export, GoneError, Wanted
from support.shelf import Shelf
from support.tables import NOW, numbered

if TYPE_CHECKING:
    from stripchart.flow.archive import Archive

ALL = Wanted("csv", -(1 << 62), 1 << 62)


def table(hub: Hub, wanted: Wanted = ALL, archive: Archive | None = None) -> list[list[str]]:
    export = Export(hub, archive, wanted)
    text = b"".join(iter(export.piece, b"")).decode()
    export.close()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_rows_of_the_record_come_before_those_of_memory() -> None:
    hub, shelf = Hub(history_rows=2_000), Shelf()
    for first in range(0, 20_000, 500):
        batch = numbered(500, start=NOW + first * 1000, step=1000)
        hub.publish(batch)
        shelf.add(batch)
    assert len(table(hub)) < 10_000
    found = table(hub, archive=shelf)
    assert found[0] == ["time", "stream", "temp [°C]", "hum [%]"]
    assert [float(row[2]) for row in found[1:]] == [*range(500)] * 40
    times = [row[0] for row in found[1:]]
    assert times == sorted(set(times))


def test_pieces_are_of_a_size_that_one_can_send() -> None:
    hub = Hub()
    hub.publish(numbered(50_000))
    sizes = list(map(len, iter(Export(hub, None, ALL).piece, b"")))
    assert sum(sizes) > 2_500_000
    assert max(sizes) < 2 * PIECE_BYTES
    assert min(sizes[:-1]) >= PIECE_BYTES


def test_sums() -> None:
    hub, shelf = Hub(), Shelf()
    shelf.add(make_batch("s", (Channel("v"),), [0, 5], [[1, 2]]))
    shelf.new_run()
    hub.publish(make_batch("s", (Channel("v"), Channel("t", kind=Kind.TEXT)), [7, 3, 25], [[9, 0, 5], ["a"] * 3]))
    hub.publish(make_batch("log", (Channel("t", kind=Kind.TEXT),), [7], [["a"]]))
    assert table(hub, ALL._replace(every_ns=10), shelf) == [
        ["time", "stream", "v min", "v max", "v mean", "v count"],
        ["1970-01-01T00:00:00.000000000Z", "s", "0.0", "9.0", "3.0", "4.0"],
        ["1970-01-01T00:00:00.000000020Z", "s", "5.0", "5.0", "5.0", "1.0"],
    ]
    shorter = ALL._replace(every_ns=10, start_ns=1, stop_ns=7)
    assert table(hub, shorter, shelf)[1:] == [["1970-01-01T00:00:00.000000000Z", "s", "0.0", "2.0", "1.0", "2.0"]]
    assert table(hub, ALL._replace(every_ns=10, start_ns=100), shelf)[1:] == []


@pytest.mark.parametrize("stream", ["bench", "../../etc/passwd", 'x"; filename="evil.html', "\r\nSet-Cookie: a=b", "°"])
def test_names_of_files_are_ours(stream: str) -> None:
    hub = Hub()
    hub.publish(numbered(1, stream=stream))
    assert re.fullmatch(r"[A-Za-z0-9_-]+-\d{8}T\d{6}Z\.parquet", Export(hub, None, ALL._replace(form="parquet")).name)
    hub.publish(numbered(1, stream="other"))
    assert re.fullmatch(r"stripchart-\d{8}T\d{6}Z\.jsonl", Export(hub, None, ALL._replace(form="json")).name)


def test_what_cannot_be_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    with pytest.raises(ConfigError, match="there are no channels yet"):
        Export(hub, None, ALL)
    hub.publish(make_batch("log", (Channel("t", kind=Kind.TEXT),), [7], [["a"]]))
    with pytest.raises(ConfigError, match="expected channels of numbers"):
        Export(hub, None, ALL._replace(every_ns=1))
    hub.publish(make_batch("s", (Channel("v"), Channel("w")), [0, 1000], [[1, 2], [3, 4]]))
    monkeypatch.setattr(exporting, "MAX_SUMS", 1999)
    with pytest.raises(ConfigError, match="expected longer spans of time: at most 1,999 sums, not 2,002"):
        Export(hub, None, ALL._replace(every_ns=1))
    assert len(table(hub, ALL._replace(every_ns=2))) > 1


@pytest.mark.parametrize("every_ns", [0, 1_000_000_000])
def test_nothing_more_is_read_for_somebody_who_has_gone(every_ns: int) -> None:
    hub = Hub()
    hub.publish(numbered(100_000))
    export = Export(hub, None, ALL._replace(every_ns=every_ns))
    export.leave()
    with pytest.raises(GoneError):
        export.piece()
    export.close()


def test_bits_stay() -> None:
    values = np.random.default_rng(1).normal(size=1000)
    hub = Hub()
    hub.publish(make_batch("s", (Channel("v"),), range(1000), [values]))
    assert [float(row[2]) for row in table(hub)[1:]] == values.tolist()
