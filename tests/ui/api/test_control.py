from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.flow.commands import MAX_COMMAND
from stripchart.flow.controls import Button, Controls
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Backoff, Pump, State
from support.page import Site, serve
from support.parts import LineDecoder, ScriptedSource
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEW, CONTROL = "open sesame", "open wide"
OFF = {"error": "Sending is off. Turn it on with --control, control = true in [server], or Monitor(control=True)."}
VIEWER = {"error": "This needs the control role: open the second address that Stripchart printed."}
ZERO = Button(label="Zero", send="Z", confirm=True)


class Echo(ScriptedSource):
    """A device that says what it is sent."""

    def __init__(self, *orders: bytes | Exception) -> None:
        super().__init__(*orders)
        self.written: list[tuple[bytes, str]] = []
        self.fault: Exception | None = None

    def write(self, data: bytes, topic: str = "") -> None:
        if self.fault is not None:
            raise self.fault
        self.written.append((data, topic))
        self.orders.put(data)


class Topical(Echo):
    topics = True


@contextmanager
def bench(source: ScriptedSource | None = None, **options: Any) -> Iterator[tuple[Site, Any]]:
    source = source or Echo()
    pump = Pump("bench", source, LineDecoder(), Hub(), backoff=Backoff(1_000, 1_000))
    pump.start()
    try:
        until(lambda: pump.state is State.CONNECTED)
        with serve(pumps=[pump], **{"control": True, **options}) as site:
            yield site, source
    finally:
        assert pump.stop()


def console(site: Site, after: int = 0, **headers: str) -> dict[str, Any]:
    answer = site.ask(f"/api/console?source=bench&after={after}", headers)
    assert answer.status == 200
    return dict(answer.json())


class TestRoles:
    """Who may send; each is asked by real requests."""

    WANTED = {"source": "bench", "text": "go"}  # noqa: RUF012 - never changed

    def refused(self, site: Site, answer: dict[str, str], **headers: str) -> None:
        for path, wanted in (("/api/send", self.WANTED), ("/api/port", {"source": "bench", "action": "release"})):
            found = site.post(path, wanted, headers)
            assert (found.status, found.json()) == (403, answer)
            assert found.headers["Content-Type"] == "application/json"

    def test_off_by_default(self) -> None:
        with bench(control=False) as (site, source):
            self.refused(site, OFF)
            assert console(site)["role"] == "view"
            assert source.written == []
            assert site.context.refused_requests == 2
            assert site.server.control_url == ""

    def test_on_loopback_everybody_may_when_it_is_on(self) -> None:
        with bench() as (site, source):
            assert site.post("/api/send", self.WANTED).status == 200
            assert source.written == [(b"go\n", "")]
            assert console(site)["role"] == "control"
            assert site.server.control_url == site.url

    def test_beyond_it_takes_a_token_of_its_own_which_also_views(self) -> None:
        with bench(host="0.0.0.0", token=VIEW, control_token=CONTROL) as (site, source):
            assert site.post("/api/send", self.WANTED).json() == {
                "error": "This page needs the token that Stripchart printed when it started."
            }
            self.refused(site, VIEWER, **site.cookie)
            self.refused(site, VIEWER, Authorization=f"Bearer {VIEW}")
            assert source.written == []
            assert console(site, **site.cookie)["role"] == "view"
            for way in (site.control_cookie, {"Authorization": f"Bearer {CONTROL}"}):
                assert site.post("/api/send", self.WANTED, way).status == 200
                assert console(site, **way)["role"] == "control"
                assert site.ask("/", way).status == 200
            both = {**site.cookie, "Authorization": f"Bearer {CONTROL}"}
            assert console(site, **both)["role"] == "control"

    def test_one_is_made_where_a_token_is_asked_and_swapped_for_a_cookie_of_its_own(self) -> None:
        with bench(host="0.0.0.0") as (site, _):
            access = site.server.access
            assert len(access.control_token) >= 43
            assert access.control_token != access.token
            answer = site.ask(f"/?token={access.control_token}")
            assert (answer.status, answer.headers["Location"]) == (302, "/")
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            assert access.control_token not in cookie
            assert {"Cookie": cookie} == site.control_cookie != site.cookie
            assert site.server.control_url.endswith(f"/?token={access.control_token}")
            assert site.url.endswith(f"/?token={access.token}")

    def test_on_loopback_a_control_token_leaves_viewing_open(self) -> None:
        with bench(control_token=CONTROL) as (site, _):
            self.refused(site, VIEWER)
            assert console(site)["role"] == "view"
            assert site.post("/api/send", self.WANTED, site.control_cookie).status == 200

    def test_without_control_its_token_only_views(self) -> None:
        with bench(control=False, token=VIEW, control_token=CONTROL) as (site, _):
            self.refused(site, OFF, **site.control_cookie)
            assert console(site, **site.control_cookie)["role"] == "view"

    def test_the_tokens_must_differ(self) -> None:
        with (
            pytest.raises(ConfigError, match="control_token: expected another one than token"),
            bench(token=VIEW, control_token=VIEW),
        ):
            pass


class TestForgery:
    """What a page of somebody else could have a browser send."""

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "text/json"])
    def test_what_a_form_can_send_is_refused(self, kind: str) -> None:
        with bench() as (site, source):
            body = b'{"source": "bench", "text": "go"}'
            answer = site.ask("/api/send", {"Content-Type": kind}, method="POST", body=body)
            assert (answer.status, answer.json()) == (415, {"error": "expected a body of type application/json"})
            assert source.written == []

    def test_so_is_what_another_page_sends(self) -> None:
        with bench() as (site, source):
            for headers in (
                {"Origin": "http://evil.com"}, {"Origin": "null"}, {"Origin": f"http://localhost:{site.port + 1}"},
                {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.com"},
            ):  # fmt: skip
                assert site.post("/api/send", {"source": "bench", "text": "go"}, headers).status == 403, headers
            preflight = site.ask("/api/send", {"Origin": "http://evil.com"}, method="OPTIONS")
            assert preflight.status == 403
            assert preflight.headers["Access-Control-Allow-Origin"] is None
            own = {"Origin": f"http://127.0.0.1:{site.port}", "Content-Type": "application/json; charset=utf-8"}
            assert site.post("/api/send", {"source": "bench", "text": "go"}, own).status == 200
            assert source.written == [(b"go\n", "")]


class TestSend:
    @pytest.mark.parametrize(
        ("wanted", "data"),
        [
            ({"text": "go"}, b"go\n"),
            ({"text": "go", "ending": ""}, b"go"),
            ({"text": "go", "ending": "\r\n"}, b"go\r\n"),
            ({"text": "", "ending": "\r"}, b"\r"),
            ({"text": "21 °C\n"}, "21 °C\n\n".encode()),
            ({"hex": "01 03 FFfe"}, b"\x01\x03\xff\xfe"),
            ({"hex": "01", "ending": "\n", "text": None}, b"\x01"),
        ],
    )
    def test_a_line_or_bytes_and_the_answer_in_the_same_log(self, wanted: dict[str, Any], data: bytes) -> None:
        with bench() as (site, source):
            answer = site.post("/api/send", {"source": "bench", **wanted})
            assert answer.status == 200
            assert source.written == [(data, "")]
            assert answer.json() == {"source": "bench", "bytes": len(data), "number": len(data) + 1}
            said = until(lambda: console(site, answer.json()["number"])["lines"])
            assert [line["direction"] for line in said] == ["in"] * len(said)
            (sent, *_) = console(site)["lines"]
            assert (sent["direction"], sent["hex"], sent["number"]) == ("out", data.hex(), answer.json()["number"])
            assert site.ask("/api/ledger").json()["sources"]["bench"]["commands_sent"] == 1

    def test_to_a_topic(self) -> None:
        with bench(Topical()) as (site, source):
            assert console(site)["topics"]
            assert site.post("/api/send", {"source": "bench", "text": "ON", "topic": "lamp/set"}).status == 200
            assert source.written == [(b"ON", "lamp/set")]

    @pytest.mark.parametrize(
        ("wanted", "status", "error"),
        [
            (b"", 400, "Invalid JSON"),
            (b"[1]", 400, "Input should be an object"),
            (b'"\xff"', 400, "Invalid JSON"),
            (b"[" * 10_000, 400, "Invalid JSON"),
            ({"text": "x"}, 400, "source: Field required"),
            ({"source": 5, "text": "x"}, 400, "source: Input should be a valid string"),
            ({"source": "bench", "text": 5}, 400, "text: Input should be a valid string"),
            ({"source": "bench", "text": "x", "endin": ""}, 400, "endin: Extra inputs are not permitted"),
            ({"source": "bench", "text": "x", "ending": "x"}, 400, "ending: Input should be ''"),
            ({"source": "bench"}, 400, "text: expected either a text or hex, got none"),
            ({"source": "bench", "text": "x", "hex": "00"}, 400, "text: expected either a text or hex, got both"),
            ({"source": "bench", "hex": "0g"}, 400, "hex: expected pairs of hexadecimal digits, got '0g'"),
            ({"source": "bench", "text": "x", "topic": "a"}, 400, "bench: topic: expected none"),
            ({"source": "bench", "text": "x", "topic": "a" * 2_000}, 400, "topic: String should have at most"),
            ({"source": "nix", "text": "x"}, 404, "no such source: nix; see /api/ledger"),
            ({"source": "bench", "text": "x" * MAX_COMMAND}, 413, "at most 16384 bytes, got 16385"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_told_in_a_line(self, wanted: Any, status: int, error: str) -> None:
        with bench() as (site, source):
            body = wanted if isinstance(wanted, bytes) else json.dumps(wanted).encode()
            answer = site.ask("/api/send", {"Content-Type": "application/json"}, method="POST", body=body)
            assert answer.status == status
            assert error in answer.json()["error"]
            assert "\n" not in answer.json()["error"]
            assert source.written == []

    @pytest.mark.parametrize(
        ("fault", "status"),
        [(SourceLost("away"), 409), (ConfigError("topic: odd"), 400), (NoAnswer("took only 3 of 5 bytes"), 504)],
    )
    def test_what_fails_is_told(self, fault: Exception, status: int) -> None:
        with bench() as (site, source):
            source.fault = fault
            answer = site.post("/api/send", {"source": "bench", "text": "go"})
            assert (answer.status, answer.json()) == (status, {"error": str(fault)})
            assert site.ask("/api/ledger").json()["sources"]["bench"]["commands_dropped"] == 1

    def test_what_is_away_or_mute_is_told(self) -> None:
        with bench() as (site, source):
            source.orders.put(SourceLost("unplugged"))
            until(lambda: console(site)["state"] == "lost")
            answer = site.post("/api/send", {"source": "bench", "text": "go"})
            assert answer.status == 409
            assert answer.json() == {"error": "bench: cannot be sent to while it is lost: unplugged"}
        with bench(ScriptedSource()) as (site, _):
            assert not console(site)["writable"]
            answer = site.post("/api/send", {"source": "bench", "text": "go"})
            assert (answer.status, answer.json()) == (400, {"error": "bench: nothing can be sent to script:"})

    def test_a_device_that_hangs_holds_nothing_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stripchart.ui.api.control.PATIENCE", 0.2)
        with bench() as (site, source):
            source.may_read.clear()
            reads = source.reads
            until(lambda: source.reads > reads)
            answer = site.post("/api/send", {"source": "bench", "text": "go"})
            assert answer.status == 504
            assert answer.json() == {"error": "no answer within 0.2 s; it will not be done"}
            source.may_read.set()
            until(lambda: site.ask("/api/ledger").json()["sources"]["bench"]["commands_dropped"] == 1)
            assert source.written == []


class TestPort:
    def test_it_is_released_and_taken_back(self) -> None:
        with bench() as (site, source):
            for _ in range(2):
                answer = site.post("/api/port", {"source": "bench", "action": "release"})
                assert (answer.status, answer.json()["released"], answer.json()["state"]) == (200, True, "released")
                assert not source.is_open
            assert console(site)["released"]
            assert site.post("/api/send", {"source": "bench", "text": "go"}).status == 409
            assert site.ask("/healthz").status == 200
            for _ in range(2):
                assert site.post("/api/port", {"source": "bench", "action": "take"}).json()["released"] is False
            until(lambda: console(site)["state"] == "connected")
            assert source.opened == 2

    def test_what_cannot_be_is_told(self) -> None:
        with bench() as (site, _):
            answer = site.post("/api/port", {"source": "bench", "action": "burn"})
            assert (answer.status, answer.json()) == (400, {"error": "action: Input should be 'release' or 'take'"})
            assert site.post("/api/port", {"source": "nix", "action": "take"}).status == 404
            assert site.ask("/api/port").status == 405
            site.context.pumps[0].stop()
            answer = site.post("/api/port", {"source": "bench", "action": "release"})
            assert answer.status == 409
            assert answer.json() == {"error": "bench: is stopped, so there is nothing to release"}


class TestConsole:
    def test_the_keys_are_those_that_programs_rely_on(self) -> None:
        with bench(Echo(b"1\n<script>\0\n")) as (site, _):
            answer = until(lambda: console(site)["lines"] and console(site))
            for line in answer["lines"]:
                assert line.pop("time_ns") > 1_700_000_000_000_000_000
            assert answer == {
                "lines": [
                    {"number": 2, "direction": "in", "topic": "", "text": "1", "hex": "310a", "size": 2},
                    {"number": 12, "direction": "in", "topic": "", "text": "<script>\\x00",
                     "hex": b"<script>\0\n".hex(), "size": 10},
                ],
                "dropped": 0, "state": "connected", "writable": True, "released": False, "topics": False,
                "ending": "\n", "buttons": [], "role": "control",
            }  # fmt: skip
            assert [line["number"] for line in console(site, 2)["lines"]] == [12]

    def test_buttons_are_for_those_who_may_press_them(self) -> None:
        with bench(look={"controls": lambda _: Controls("\r", (ZERO,))}, control_token=CONTROL) as (site, source):
            assert console(site)["buttons"] == []
            answer = console(site, **site.control_cookie)
            assert answer["ending"] == "\r"
            (button,) = answer["buttons"]
            assert button == {
                "label": "Zero", "text": "Z", "hex": None, "topic": "", "ending": "\r", "confirm": True,
            }  # fmt: skip
            pressed = {"source": "bench", **{key: button[key] for key in ("text", "hex", "topic", "ending")}}
            assert site.post("/api/send", pressed, site.control_cookie).status == 200
            assert site.post("/api/send", {"source": "bench", "text": "z"}, site.control_cookie).status == 200
            assert source.written == [(b"Z\r", ""), (b"z\r", "")]

    @pytest.mark.parametrize(("query", "status"), [("source=nix", 404), ("", 404), ("source=bench&after=soon", 400)])
    def test_what_cannot_be_is_told(self, query: str, status: int) -> None:
        with bench() as (site, _):
            assert site.ask(f"/api/console?{query}").status == status
