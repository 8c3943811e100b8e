from __future__ import annotations

import csv
import io
import json
import math
import re
import time
import tomllib
from contextlib import ExitStack, suppress
from http.client import IncompleteRead
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from stripchart.config.layouts import Layouts
from stripchart.errors import ConfigError, DamagedError, SourceLost
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump, State
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from stripchart.ui.rows.exporting import MAX_EXPORTS
from support.lines import ListSource, ValueDecoder
from support.page import serve
from support.shelf import Shelf
from support.tables import numbered
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripchart.flow.records import Batch

NOW = 1_700_000_000_000_000_123
JSON = "application/json"


@pytest.fixture
def hub() -> Hub:
    hub = Hub()
    times = [NOW + 1_000_000_000 * row for row in range(4)]
    channels = (Channel("temp", "°C"), Channel("door", "", Kind.STATE), Channel("mode", "", Kind.TEXT))
    hub.publish(
        make_batch("bench", channels, times, [[1.5, math.nan, math.inf, -2], [0, 1, 1, 0], ["a", "b", "", "=1+1"]])
    )
    hub.publish(make_batch("list/x", (Channel("value"),), times, [[1, 2, 3, 4]]))
    return hub


def by_name(entries: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {entry["channel"]: entry for entry in entries}


class TestChannels:
    def test_the_keys_are_those_that_programs_rely_on(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            answer = site.ask("/api/channels")
        assert answer.headers["Content-Type"] == JSON
        table = answer.json()
        assert [(row["stream"], row["name"]) for row in table] == [
            ("bench", "temp"), ("bench", "door"), ("bench", "mode"), ("list/x", "value"),
        ]  # fmt: skip
        assert table[0] == {
            "stream": "bench", "name": "temp", "kind": "number", "unit": "°C", "source": "bench", "samples": 4,
            "last_value": -2.0, "last_time_ns": NOW + 3_000_000_000, "first_time_ns": NOW, "rate_hz": 1.0,
            "stale": False,
        }  # fmt: skip
        assert [row["kind"] for row in table] == ["number", "state", "text", "number"]
        assert table[2]["last_value"] == "=1+1"
        assert table[3]["source"] == "list"

    def test_what_is_no_number_is_null(self) -> None:
        hub = Hub()
        for name, value in {"nan": math.nan, "inf": math.inf, "minus": -math.inf}.items():
            hub.publish(make_batch("s", (Channel(name),), [NOW], [[value]]))
        with serve(hub=hub) as site:
            assert [row["last_value"] for row in site.ask("/api/channels").json()] == [None, None, None]


class TestEvents:
    def test_it_tells_what_happened(self) -> None:
        with serve() as site:
            site.context.events.post(NOW, "bench", "lost", "unplugged")
            site.context.events.post(NOW + 1, "imu", "clock", "the device restarted")
            assert site.ask("/api/events").json() == {
                "events": [
                    {"time_ns": NOW, "source": "bench", "kind": "lost", "text": "unplugged", "number": 0},
                    {"time_ns": NOW + 1, "source": "imu", "kind": "clock", "text": "the device restarted", "number": 1},
                ],
                "dropped": 0,
            }
            for query in ("after=0", "source=imu", "kind=clock", "kind=clock&source=imu&after=0"):
                assert [event["number"] for event in site.ask(f"/api/events?{query}").json()["events"]] == [1], query
            assert site.ask("/api/events?after=1").json()["events"] == []

    def test_a_bad_argument_is_told(self) -> None:
        with serve() as site:
            answer = site.ask("/api/events?after=soon")
        assert answer.status == 400
        assert answer.json() == {"error": "after: expected the number of an event, a whole number"}


class TestExplain:
    def test_it_answers_what_it_is_given(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            site.context.explain = {"bench": {"source": "bench", "hint": "<b>"}}.__getitem__
            answer = site.ask("/api/explain?source=bench")
            assert answer.headers["Content-Type"] == JSON
            assert answer.json() == {"source": "bench", "hint": "<b>"}

    def test_an_unknown_source(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            for query in ("", "?source=nix"):
                answer = site.ask(f"/api/explain{query}")
                assert answer.status == 404
                assert answer.json()["error"].startswith("no such source: ")


class TestLedger:
    def test_it_has_the_keys_and_balances(self) -> None:
        hub = Hub()
        pump = Pump("list", ListSource([b"1", b"2", b"x"], url="list:three"), ValueDecoder(), hub)
        subscription = hub.subscribe(name="mine")
        pump.start()
        until(lambda: pump.state is State.ENDED)
        subscription.drain()
        with serve(hub=hub, pumps=[pump]) as site:
            account = site.ask("/api/ledger").json()
        source = account["sources"]["list"]
        assert {
            "bytes",
            "bytes_skipped",
            "frames",
            "decoded",
            "rejected",
            "samples",
            "reconnects",
            "state",
            "since_ns",
        } <= source.keys()
        assert (source["bytes"], source["frames"], source["decoded"], source["samples"]) == (3, 3, 2, 2)
        assert source["rejected"] == {"not a number": 1}
        assert source["state"] == "ended"
        assert account["subscriptions"]["mine"] == {"published": 2, "delivered": 2, "lost": 0, "queued": 0}
        assert account["balanced"] is True
        pump.stop()


class TestRead:
    def test_json_of_one_channel(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            answer = site.ask("/api/read?channels=bench/temp")
        assert answer.headers["Content-Type"] == JSON
        times = [NOW + 1_000_000_000 * row for row in range(4)]
        assert answer.json() == [
            {"channel": "bench/temp", "unit": "°C", "time": times, "value": [1.5, None, None, -2.0]}
        ]

    def test_the_span_is_half_open_and_exact_to_the_nanosecond(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            for start, stop, values in (
                (NOW, NOW + 1, [1]), (NOW + 1, NOW + 2_000_000_000, [2]), (NOW + 1, NOW + 2_000_000_001, [2, 3]),
                (0, NOW, []), (-(10**30), 10**30, [1, 2, 3, 4]),
            ):  # fmt: skip
                (entry,) = site.ask(f"/api/read?channels=list/x/value&start={start}&stop={stop}").json()
                assert entry["value"] == values, (start, stop)

    def test_all_a_stream_and_several(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            everything = ["bench/temp", "bench/door", "bench/mode", "list/x/value"]
            for query, expected in {
                "": everything, "?channels=": everything, "?channels=bench": everything[:3],
                "?channels=list/x/value,bench/door": ["bench/door", "list/x/value"],
                "?channels=list/x&channels=bench/temp": ["bench/temp", "list/x/value"],
            }.items():  # fmt: skip
                found = by_name(site.ask(f"/api/read{query}").json())
                assert sorted(map(str, found)) == sorted(expected), query

    def test_a_name_with_a_comma_is_found(self) -> None:
        hub = Hub()
        hub.publish(make_batch("a,b", (Channel("c,d"),), [1], [[5]]))
        with serve(hub=hub) as site:
            (entry,) = site.ask("/api/read?channels=a%2Cb/c%2Cd").json()
        assert entry["channel"] == "a,b/c,d"

    def test_texts_are_texts(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            (entry,) = site.ask("/api/read?channels=bench/mode").json()
        assert entry["value"] == ["a", "b", "=1+1"]
        assert len(entry["time"]) == 3

    def test_csv_by_accept(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            answer = site.ask("/api/read?channels=bench/temp,bench/mode", {"Accept": "text/csv"})
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert rows[0] == ["time_ns", "channel", "value"]
        assert rows[1] == [str(NOW), "bench/temp", "1.5"]
        assert [row[2] for row in rows[1:5]] == ["1.5", "nan", "inf", "-2.0"]
        assert rows[-1] == [str(NOW + 3_000_000_000), "bench/mode", "'=1+1"]

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
    def test_no_cell_is_a_formula(self, start: str) -> None:
        hub = Hub()
        text = f'{start}HYPERLINK("http://evil.com","x")'
        hub.publish(make_batch(text, (Channel("c"), Channel("t", "", Kind.TEXT)), [1], [[-5], [text]]))
        with serve(hub=hub) as site:
            rows = list(csv.reader(io.StringIO(site.ask("/api/read", {"Accept": "text/csv"}).text, newline="")))
        assert rows[1] == ["1", f"'{text}/c", "-5.0"]
        assert rows[2] == ["1", f"'{text}/t", f"'{text}"]

    @pytest.mark.parametrize(
        "query",
        ["start=x", "stop=", "start=nan", "start=inf", "stop=1e400", "max_points=x", "max_points=1.5.2", "max_points=7",
         "max_points=-1", "max_points=0", "start=5&stop=5", "start=6&stop=5", "start=" + "9" * 5_000, "start=0x10"],
    )  # fmt: skip
    def test_a_bad_argument_is_told(self, hub: Hub, query: str) -> None:
        with serve(hub=hub) as site:
            answer = site.ask(f"/api/read?{query}")
        assert answer.status == 400
        assert "expected" in answer.json()["error"]

    def test_numbers_as_javascript_writes_them(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            assert site.ask("/api/read?start=1.7e18&stop=1.8e18&max_points=1000").status == 200

    def test_an_unknown_channel_is_named(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            answer = site.ask("/api/read?channels=bench/temp,bench/nothing,<b>")
        assert answer.status == 404
        assert answer.json() == {"error": "no such channel: <b>, bench/nothing; see /api/channels"}
        assert answer.headers["Content-Type"] == JSON

    def test_other_methods_are_refused_in_json(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            for route in ("/api/read", "/api/export", "/api/channels", "/api/ledger", "/metrics", "/healthz"):
                answer = site.ask(route, method="POST", body=b"x")
                assert answer.status == 405
                assert answer.json() == {"error": "Method Not Allowed"}


class Endless(Shelf):
    """A record with a stream that never ends."""

    def __init__(self) -> None:
        super().__init__()
        self.add(numbered(1))
        self.made = 0
        self.closed = False
        self.fails_after = 1 << 62

    def batches(self, *_: Any, **__: Any) -> Iterator[Batch]:
        try:
            while self.made < self.fails_after:
                self.made += 1
                yield numbered(2_000, step=0)
            raise DamagedError("a page of the record is damaged")
        finally:
            self.closed = True


class TestExport:
    def test_a_file_to_keep(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            answer = site.ask("/api/export?channels=bench/temp,bench/mode")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert re.fullmatch(r'attachment; filename="bench-\d{8}T\d{6}Z\.csv"', answer.headers["Content-Disposition"])
        assert answer.text.splitlines() == [
            "time,stream,temp [°C],mode (text)",
            "2023-11-14T22:13:20.000000123Z,bench,1.5,a",
            "2023-11-14T22:13:21.000000123Z,bench,nan,b",
            "2023-11-14T22:13:22.000000123Z,bench,inf,",
            "2023-11-14T22:13:23.000000123Z,bench,-2.0,'=1+1",
        ]

    def test_everything_in_every_format(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            rows = [json.loads(line) for line in site.ask("/api/export?format=json").text.splitlines()]
            assert [row["stream"] for row in rows] == ["bench"] * 4 + ["list/x"] * 4
            assert site.ask("/api/export?format=csv").text.startswith("time,stream,row,channel,unit,kind,value\n")
            table = pq.read_table(io.BytesIO(site.ask("/api/export?format=parquet&channels=list/x").body))
            assert table["value"].to_pylist() == [1, 2, 3, 4]

    def test_a_span_and_sums_of_it(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            span = f"start={NOW + 1}&stop={NOW + 3_000_000_000}&channels=list/x"
            assert len(site.ask(f"/api/export?{span}").text.splitlines()) == 3
            (row,) = site.ask(f"/api/export?format=json&every=60.0&{span}").text.splitlines()
        assert json.loads(row) == {
            "time": "2023-11-14T22:13:00.000000000Z", "stream": "list/x", "value min": 2, "value max": 3,
            "value mean": 2.5, "value count": 2,
        }  # fmt: skip

    def test_no_rows_are_a_file_too(self, hub: Hub) -> None:
        with serve(hub=hub) as site:
            assert site.ask("/api/export?start=5&stop=6&format=json").body == b""
            assert site.ask("/api/export?start=5&stop=6&channels=list/x").text == "time,stream,value\n"

    @pytest.mark.parametrize(
        ("query", "status", "told"),
        [
            ("format=xlsx", 400, "expected a format of csv, parquet, json"), ("start=5&stop=5", 400, "start before"),
            ("start=x", 400, "expected nanoseconds"), ("every=soon", 400, "a number of seconds"),
            ("every=-1", 400, "every above 0"), ("every=nan", 400, "a number of seconds"),
            ("every=1e400", 400, "a number of seconds"), ("every=1e-9", 400, "expected longer spans"),
            ("every=1&channels=bench/mode", 400, "expected channels of numbers"),
            ("channels=bench,nix", 404, "no such channel: nix"),
        ],
    )  # fmt: skip
    def test_a_bad_argument_is_told(self, hub: Hub, query: str, status: int, told: str) -> None:
        with serve(hub=hub) as site:
            answer = site.ask(f"/api/export?{query}")
            until(lambda: site.context.exports == 0)
        assert (answer.status, answer.headers["Content-Type"]) == (status, JSON)
        assert told in answer.json()["error"]
        assert "Content-Disposition" not in answer.headers

    def test_nothing_yet(self) -> None:
        with serve() as site:
            assert site.ask("/api/export").json() == {"error": "there are no channels yet; see /api/channels"}

    def test_a_record_that_cannot_be_read(self, hub: Hub) -> None:
        shelf = Shelf()
        shelf.error = DamagedError("the record is damaged")
        with serve(hub=hub, look={"archive": shelf}) as site:
            answer = site.ask("/api/export")
        assert (answer.status, answer.json()) == (500, {"error": "the record is damaged"})

    def test_a_part_of_a_file_is_not_taken_for_the_whole(self) -> None:
        endless = Endless()
        endless.fails_after = 50
        with serve(look={"archive": endless}) as site:
            with pytest.raises(IncompleteRead):
                site.ask("/api/export")
            until(lambda: endless.closed and site.context.exports == 0)

    def test_a_visitor_who_does_not_read_is_waited_for_and_then_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stripchart.ui.api.rows.PATIENCE", 1.0)
        endless = Endless()
        with serve(look={"archive": endless}) as site, site.request("/api/export") as connection:
            until(lambda: endless.made > 0)
            until(lambda: endless.closed and site.context.exports == 0)
            assert endless.made < 500  # what the sockets hold: a million rows would be 75 MB
            with suppress(ConnectionResetError):
                while connection.recv(1 << 20):
                    pass

    def test_a_visitor_who_goes_ends_it(self) -> None:
        endless = Endless()
        with serve(look={"archive": endless}) as site:
            with site.request("/api/export") as connection:
                assert connection.recv(1000)
            until(lambda: endless.closed and site.context.exports == 0)
            assert site.ask("/healthz").status == 200

    def test_a_visitor_who_goes_before_anything_came_ends_it_too(self) -> None:
        endless = Endless()
        with serve(look={"archive": endless}) as site:
            with site.request("/api/export?every=1"):
                until(lambda: endless.made > 10)
            until(lambda: endless.closed and site.context.exports == 0)

    def test_only_so_many_at_once(self) -> None:
        with serve(look={"archive": Endless()}) as site, ExitStack() as stack:
            for _ in range(MAX_EXPORTS):
                stack.enter_context(site.request("/api/export"))
            until(lambda: site.context.exports == MAX_EXPORTS)
            answer = site.ask("/api/export")
            assert (answer.status, answer.json()["error"][:24]) == (503, "4 files are being sent a")

    def test_a_real_recording(self, tmp_path: Path) -> None:
        writer = Writer(tmp_path / "a.stripchart")
        writer.append(numbered(10_000))
        writer.close()
        with Recording(tmp_path / "a.stripchart") as recording, serve(look={"archive": recording}) as site:
            lines = site.ask("/api/export?channels=bench/temp").text.splitlines()
            assert [float(line.rpartition(",")[2]) for line in lines[1:]] == list(range(10_000))
            (entry,) = site.ask("/api/read?channels=bench/temp&max_points=1000").json()
            assert 500 < len(entry["value"]) <= 1000
            assert (min(entry["value"]), max(entry["value"])) == (0, 9_999)


class BrokenSource(ListSource):
    """Cannot be opened: for good, or because it is away."""

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self._error = error

    def open(self) -> None:
        raise self._error


class HungSource(ListSource):
    """Its read never comes back until it is let go."""

    hanging = True

    def read(self, timeout: float) -> tuple[()]:  # noqa: ARG002 - what a source takes
        while self.hanging:
            time.sleep(0.01)
        return ()


class TestHealth:
    def test_well(self) -> None:
        pumps = [Pump("list", ListSource([], ends=False), ValueDecoder(), Hub())]
        pumps[0].start()
        with serve(pumps=pumps) as site:
            answer = site.ask("/healthz")
        assert (answer.status, answer.json()) == (200, {"status": "ok"})
        pumps[0].stop()

    def test_a_source_that_is_away_is_no_illness(self) -> None:
        pump = Pump("list", BrokenSource(SourceLost("unplugged")), ValueDecoder(), Hub())
        pump.start()
        with serve(pumps=[pump]) as site:
            until(lambda: pump.reason == "unplugged")
            assert site.ask("/healthz").status == 200
        pump.stop()

    def test_a_source_that_failed_is(self) -> None:
        pump = Pump("list", BrokenSource(ConfigError("no such baud rate")), ValueDecoder(), Hub())
        pump.start()
        until(lambda: pump.state is State.FAILED)
        with serve(pumps=[pump]) as site:
            answer = site.ask("/healthz")
        assert answer.status == 503
        assert answer.json() == {"status": "unhealthy", "hung": [], "failed": ["list: no such baud rate"]}

    def test_a_source_that_hangs_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stripchart.flow.pump.STALLED_AFTER", 0.1)
        source = HungSource([])
        pump = Pump("list", source, ValueDecoder(), Hub())
        pump.start()
        with serve(pumps=[pump]) as site:
            until(lambda: not pump.alive())
            answer = site.ask("/healthz")
            assert answer.status == 503
            assert answer.json()["hung"] == ["list"]
        source.hanging = False
        pump.stop()


def test_layouts_are_told_written_and_saved(tmp_path: Path) -> None:
    page = json.dumps({"panel": [{"kind": "number"}]}).encode()
    file = tmp_path / "pages.toml"
    with serve(look={"designer": Layouts(file)}) as site:
        told = site.ask("/api/layout").json()
        assert told["saves_to"] == str(file)
        assert {"strip", "number"} <= {kind["kind"] for kind in told["kinds"]}
        written = site.ask("/api/layout", method="POST", body=page)
        assert tomllib.loads(written.text) == {"page": [{"panel": [{"kind": "number"}]}]}
        assert not file.exists()
        assert site.ask("/api/layout/save", method="POST", body=page).json() == {"saved": str(file)}
        assert tomllib.loads(file.read_text()) == tomllib.loads(written.text)
        for body in (b"", b"[]", b'{"panel": [{"kind": "nmber"}]}'):
            answer = site.ask("/api/layout/save", method="POST", body=body)
            assert answer.status == 400
            assert answer.json()["error"]


def test_panels_are_drawn_when_asked() -> None:
    hub = Hub()
    hub.publish(make_batch("a", (Channel("x"),), [time.time_ns()], [[2.5]]))
    question = {"keys": ["k"], "page": {"panel": [{"kind": "number"}]}, "start": 0, "stop": 2e18}
    with serve(hub=hub, look={"designer": Layouts()}) as site:
        answer = site.ask("/api/draw", method="POST", body=json.dumps(question).encode())
        assert [cell["value"] for cell in answer.json()["k"]["cells"]] == [2.5]
        for wrong in ({}, {"page": {"panel": [{"kind": "nmber"}]}}, {"keys": []}, {"start": "x"}):
            body = json.dumps(question | wrong if wrong else []).encode()
            answer = site.ask("/api/draw", method="POST", body=body)
            assert answer.status == 400
            assert answer.json()["error"]
