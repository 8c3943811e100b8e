from __future__ import annotations

import time
from typing import Any, cast

import pytest

from stripchart.config.layouts import Layouts
from stripchart.config.pages import read_page
from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.events import Event
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.context import Context
from stripchart.ui.design import ChannelLook, PageDesign, PanelSpec
from stripchart.ui.rows.answers import MAX_SERIES, Wanted, answer, read_wanted
from support.shelf import Shelf

NOW = time.time_ns()


class Echo:
    """A panel that tells what it was asked."""

    Options = dict
    script = "figure"
    on_time = False
    options = None

    def figure(self, key: str, time_range: object) -> None:
        pass

    def draw(self, ask: Any) -> dict[str, Any]:
        if not ask.series:
            raise StripchartError("nothing to draw")
        return {
            each.name: [each.label, each.unit, each.samples().value.tolist(), each.now and each.now.value]
            for each in ask.series
        }


def context() -> Context:
    hub = Hub()
    channels = (Channel("t", "°C"), Channel("mode", kind=Kind.TEXT), Channel("on", kind=Kind.STATE))
    hub.publish(make_batch("bench", channels, [NOW - 2, NOW - 1], [[1, 2], ["a", "b"], [0, 1]]))
    hub.publish(make_batch("house/a", (Channel("value"),), [NOW - 1], [[7]]))
    return Context(hub, [], designer=Layouts())


def wanted(*channels: str, looks: Any = ()) -> Wanted:
    panel: Any = Echo()
    design = PageDesign(panels=(PanelSpec("echo", panel, channels=channels),), looks=looks)
    return Wanted(design, ["p"], NOW - 10, NOW, live=True, width=800)


def test_channels_come_in_the_order_in_which_they_are_named() -> None:
    drawn = answer(context(), wanted("house/*", "bench/on", "*"), NOW)["p"]
    assert list(drawn) == ["house/a/value", "bench/on", "bench/t", "bench/mode"]
    assert drawn["house/a/value"] == ["a", "", [7.0], 7.0]
    assert drawn["bench/mode"] == ["mode", "", ["a", "b"], "b"]


def test_a_look_changes_names_and_values() -> None:
    looks = read_page({"channel": [{"match": "bench/*", "name": "Oven", "unit": "K", "scale": 2, "offset": 1}]}).looks
    drawn = answer(context(), wanted("bench/t", looks=looks), NOW)["p"]
    assert drawn == {"bench/t": ["Oven", "K", [3.0, 5.0], 5.0]}


def test_what_was_before_the_span_is_known_in_the_look_of_the_channel() -> None:
    panel = Echo()
    panel.draw = lambda ask: {each.name: each.before() for each in ask.series}  # type: ignore[method-assign]
    looks = (ChannelLook("bench/t", scale=10, offset=1),)
    design = PageDesign(panels=(PanelSpec("echo", cast("Any", panel), channels=("bench",)),), looks=looks)
    later, within = (
        answer(context(), Wanted(design, ["p"], start, NOW + 10, live=True, width=800), NOW)["p"]
        for start in (NOW, NOW - 1)
    )
    assert later == {"bench/t": (NOW - 1, 21.0), "bench/mode": (NOW - 1, "b"), "bench/on": (NOW - 1, 1.0)}
    assert within == {"bench/t": (NOW - 2, 11.0), "bench/mode": (NOW - 2, "a"), "bench/on": (NOW - 2, 0.0)}


class Nearest(Echo):
    def draw(self, ask: Any) -> dict[str, Any]:
        return {each.name: [each.nearest(ask.start_ns), each.nearest(NOW)] for each in ask.series}


def test_the_nearest_numbers_have_the_scale_of_the_look_too() -> None:
    looks = read_page({"channel": [{"match": "bench/t", "scale": 2, "offset": 1}]}).looks
    panel: Any = Nearest()
    design = PageDesign(panels=(PanelSpec("echo", panel, channels=("bench/*",)),), looks=looks)
    drawn = answer(context(), Wanted(design, ["p"], NOW - 10, NOW, live=True, width=800), NOW)["p"]
    assert drawn == {"bench/t": [3.0, 5.0], "bench/mode": [None, None], "bench/on": [0.0, 1.0]}


def test_a_panel_that_cannot_says_why() -> None:
    assert answer(context(), wanted("nobody/*"), NOW) == {"p": {"error": "nothing to draw"}}


def test_a_faulty_panel_does_not_take_the_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(Echo):
        def draw(self, ask: Any) -> dict[str, Any]:
            raise ZeroDivisionError(f"by {len(ask.series)}")

    faulty: Any = Faulty()
    good: Any = Echo()
    panels = (PanelSpec("faulty", faulty, channels=("bench/t",)), PanelSpec("echo", good, channels=("bench/t",)))
    question = Wanted(PageDesign(panels=panels), ["a", "b"], NOW - 10, NOW, live=True, width=800)
    for _ in range(2):
        drawn = answer(context(), question, NOW)
        assert drawn["a"] == {"error": "unexpected ZeroDivisionError: by 1"}
        assert "bench/t" in drawn["b"]
    assert sum("panel 'faulty'" in record.message for record in caplog.records) == 1


def test_a_panel_is_not_given_thousands_of_channels() -> None:
    asked = context()
    channels = tuple(Channel(f"c{place}") for place in range(MAX_SERIES + 5))
    asked.hub.publish(make_batch("wide", channels, [NOW - 1], [[1.0]] * len(channels)))
    drawn = answer(asked, wanted("wide"), NOW)["p"]
    assert len(drawn) == MAX_SERIES + 1
    assert drawn["note"] == f"the first {MAX_SERIES} of {MAX_SERIES + 5} channels"


class Happened(Echo):
    def draw(self, ask: Any) -> dict[str, Any]:
        return {"events": [(event.source, event.text) for event in ask.events()], "now": ask.now_ns}


def test_what_happened_in_the_span_is_told_once() -> None:
    shelf = Shelf()
    asked = Context(Hub(), [], designer=Layouts(), archive=shelf)
    for time_ns in (NOW - 11, NOW - 9, NOW - 1, NOW):
        asked.events.post(time_ns, "bench", "connected", f"at {time_ns - NOW}")
    shelf.happened = [*asked.events.events(), Event(NOW - 5, "", "annotation", "by hand", 7)]
    panel: Any = Happened()
    design = PageDesign(panels=(PanelSpec("echo", panel),))
    drawn = answer(asked, Wanted(design, ["p"], NOW - 10, NOW, live=True, width=800), NOW + 1)["p"]
    assert drawn == {"events": [("bench", "at -9"), ("", "by hand"), ("bench", "at -1")], "now": NOW + 1}


def test_who_asks_for_too_much_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.ui.rows.answers.PATIENCE", -1.0)
    assert "too much to read" in answer(context(), wanted("*"), NOW)["p"]["error"]


def test_memory_is_shown_while_the_record_cannot_be_read() -> None:
    asked, shelf = context(), Shelf()
    shelf.error = OSError("the disk is gone")
    broken = Context(asked.hub, [], archive=shelf)
    assert answer(broken, wanted("bench/t"), NOW)["p"] == {"bench/t": ["t", "°C", [1.0, 2.0], 2.0]}
    assert broken.record is not None
    assert broken.record.trouble == "OSError: the disk is gone"


def test_a_question_is_read() -> None:
    told = {"keys": ["k"], "page": {"panel": [{"kind": "number"}]}, "start": 1.7e18, "stop": 1.8e18, "live": True}
    read = read_wanted(told, read_page)
    assert (read.keys, read.start_ns, read.stop_ns, read.live) == (["k"], int(1.7e18), int(1.8e18), True)
    with pytest.raises(ConfigError, match="nmber"):
        read_wanted({**told, "page": {"panel": [{"kind": "nmber"}]}}, read_page)
    for wrong in ({"start": 1.9e18}, {"keys": []}, {"start": "x"}, {"start": float("inf")}):
        with pytest.raises((ValueError, TypeError, OverflowError)):
            read_wanted({**told, **wrong}, read_page)
