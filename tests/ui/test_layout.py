from __future__ import annotations

import json
import re
from typing import Any

import orjson
import pytest
from bokeh.document import Document
from bokeh.models import GlyphRenderer, Range1d

from stripchart.config.pages import read_page
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, channel_key, make_batch
from stripchart.ui.labels import MAX_LABEL
from stripchart.ui.layout import MAX_LINES, MAX_STRIPS, Layout
from stripchart.ui.readout import read_out
from stripchart.ui.stage import Stage


class Bench:
    """A hub and the layout of one page over it."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.document = Document()
        self.stage = Stage.of(self.document, Range1d(start=0, end=1))
        self.layout = Layout(self.stage)

    def publish(self, stream: str, *channels: Channel) -> None:
        values = [["x" if channel.kind is Kind.TEXT else 1.5] for channel in channels]
        self.hub.publish(make_batch(stream, channels, [1], values))

    def grow(self) -> list[str]:
        return [view.stream for view in self.layout.grow(self.hub.streams())]

    def strips(self) -> dict[str, list[str]]:
        """Return the labels of each strip's lines by its title."""
        described = json.loads(json.dumps(self.layout.describe()))
        return {strip["title"]: [line["label"] for line in strip["lines"]] for strip in described["strips"]}

    def undrawn(self) -> list[tuple[str, str, bool]]:
        """Return the keys of the channels that have no line."""
        names = [(info.name, *channel_key(channel)) for info in self.hub.streams() for channel in info.channels]
        assert len(self.layout.order) == self.layout.lines == len(set(names) & set(self.layout.order))
        return [name for name in names if name not in self.layout.order]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_channels_of_one_unit_share_a_strip(bench: Bench) -> None:
    bench.publish("a", Channel("t1", "°C"), Channel("rh", "%"), Channel("t2", "°C"))
    bench.publish("b", Channel("t", "°C"))
    bench.grow()
    assert bench.strips() == {"°C": ["t1", "t2", "t"], "%": ["rh"]}


def test_where_one_strip_has_two_axes_all_over_time_that_are_as_wide_are_below_each_other(bench: Bench) -> None:
    panels = [
        {"channels": ["a/t"], "right": ["a/rh"]},
        {"channels": ["a/rh"]},
        {"kind": "states"},
        {"kind": "xy"},
        {"channels": ["a/t"], "width": 6},
    ]
    borders = {}
    for cut in (0, 1):
        bench.layout = Layout(bench.stage, read_page({"panel": panels[cut:]}))
        bench.publish("a", Channel("t", "°C"), Channel("rh", "%"))
        bench.grow()
        borders[cut] = [root.min_border_right for root in bench.layout._roots]
    assert borders == {0: [58, 58, 58, 26, 26], 1: [26, 26, 26, 26]}


def test_a_line_costs_the_document_few_models(bench: Bench) -> None:
    """Bokeh looks at all of them for each message that it sends."""
    bench.publish("a", Channel("t", "°C"))
    bench.grow()
    before = len(bench.document.models)
    for name in "bcde":
        bench.publish(name, Channel("t", "°C"))
    bench.grow()
    assert len(bench.document.models) - before == 4 * 4  # a source, a renderer, its glyph and its view


def test_without_a_unit_a_device_is_a_strip(bench: Bench) -> None:
    bench.publish("imu", Channel("x"), Channel("y"), Channel("z"))
    bench.publish("gps", Channel("x"))
    bench.grow()
    assert bench.strips() == {"imu": ["x", "y", "z"], "gps": ["x"]}


def test_bare_numbers_of_topics_are_grouped_by_their_last_word(bench: Bench) -> None:
    for topic in (
        "house/north/temp",
        "house/south/temp",
        "house/north/hum",
        "house/motor/phase1",
        "house/motor/phase-2",
    ):
        bench.publish(topic, Channel("value"))
    bench.grow()
    assert bench.strips() == {
        "temp": ["north/temp", "south/temp"], "hum": ["north/hum"], "phase": ["motor/phase1", "motor/phase-2"],
    }  # fmt: skip


def test_a_topic_of_digits_still_has_a_title(bench: Bench) -> None:
    bench.publish("house/17", Channel("value"))
    bench.publish("17", Channel("value"))
    bench.grow()
    assert bench.strips() == {"house": ["17"], "17": ["value"]}


def test_text_is_not_drawn(bench: Bench) -> None:
    bench.publish("bench", Channel("mode", kind=Kind.TEXT), Channel("t"))
    bench.grow()
    assert bench.strips() == {"bench": ["t"]}
    assert bench.undrawn() == [("bench", "mode", True)]
    assert bench.layout.order == [("bench", "t", False)]


def test_the_order_of_the_readings_is_that_of_the_page(bench: Bench) -> None:
    bench.publish("a", Channel("t", "°C"), Channel("rh", "%"))
    bench.grow()
    bench.publish("b", Channel("t", "°C"), Channel("mode", kind=Kind.TEXT))
    bench.grow()
    told = bench.layout.describe()
    assert [line["label"] for strip in told["strips"] for line in strip["lines"]] == ["t", "t", "rh"]
    assert bench.layout.order == [("a", "t", False), ("b", "t", False), ("a", "rh", False)]


def test_no_more_lines_than_the_page_can_draw(bench: Bench) -> None:
    bench.publish("wide", *(Channel(f"c{place}") for place in range(MAX_LINES + 100)))
    bench.publish("more", Channel("x", "V"))
    bench.grow()
    assert sum(map(len, bench.strips().values())) == MAX_LINES
    assert len(bench.undrawn()) == 101


def test_what_is_not_drawn_is_not_told_either(bench: Bench) -> None:
    bench.publish("wide", *(Channel(f"c{place}") for place in range(MAX_LINES)))
    bench.grow()
    before = bench.layout.version, orjson.dumps(bench.layout.describe())
    for place in range(500):
        bench.publish(f"more{place}", Channel("mode", kind=Kind.TEXT), Channel("x"))
    bench.grow()
    assert (bench.layout.version, orjson.dumps(bench.layout.describe())) == before


def test_no_more_strips_than_the_page_can_draw(bench: Bench) -> None:
    for place in range(MAX_STRIPS + 5):
        bench.publish(f"s{place}", Channel("x", f"unit {place}"))
    bench.publish("late", Channel("y", "unit 3"))
    bench.grow()
    assert len(bench.strips()) == MAX_STRIPS
    assert bench.strips()["unit 3"] == ["x", "y"]
    assert len(bench.undrawn()) == 5


def test_the_limits_hold_within_one_wide_stream(bench: Bench) -> None:
    bench.publish("wide", *(Channel(f"c{place}", f"unit {place}") for place in range(MAX_STRIPS + 5)))
    bench.grow()
    assert len(bench.strips()) == MAX_STRIPS
    assert len(bench.undrawn()) == 5


def test_growing_again_changes_nothing(bench: Bench) -> None:
    bench.publish("a", Channel("x"), Channel("y", "V"))
    assert bench.grow() == ["a"]
    roots = list(bench.document.roots)
    bench.publish("a", Channel("x"), Channel("y", "V"))
    assert bench.grow() == []
    assert list(bench.document.roots) == roots
    assert len(roots) == 2


def sources(bench: Bench) -> dict[str, tuple[str, str]]:
    """Return from which source and column each line is drawn, having checked that the document agrees."""
    drawn = {}
    for strip in bench.layout.describe()["strips"]:
        for line in strip["lines"]:
            renderer = bench.document.get_model_by_name(line["line"])
            assert renderer.data_source is bench.document.get_model_by_name(line["source"])
            assert renderer.glyph.y == line["column"]
            assert line["column"] in renderer.data_source.data
            drawn[line["label"]] = line["source"], line["column"]
    return drawn


def test_channels_that_come_together_share_a_source(bench: Bench) -> None:
    bench.publish("a", Channel("x"), Channel("y", "V"))
    bench.grow()
    assert sources(bench) == {"x": ("s0", "c0"), "y": ("s0", "c1")}


def test_channels_that_turn_out_not_to_come_together_are_parted(bench: Bench) -> None:
    bench.publish("a", Channel("x"), Channel("y"), Channel("z"))
    bench.grow()
    bench.publish("a", Channel("y"))
    assert sorted(view.key for view in bench.layout.grow(bench.hub.streams())) == ["s0", "s1"]
    assert sources(bench) == {"x": ("s0", "c0"), "y": ("s1", "c0"), "z": ("s0", "c2")}
    told = bench.layout.version
    bench.publish("a", Channel("x"), Channel("z"))
    assert bench.grow() == []
    assert bench.layout.version == told
    assert len(bench.document.get_model_by_name("strip0").renderers) == 4  # the lines, and the marks


def test_a_new_channel_has_a_source_of_its_own(bench: Bench) -> None:
    bench.publish("a", Channel("x"))
    bench.publish("b", Channel("x"))
    bench.grow()
    bench.publish("a", Channel("x"), Channel("y"))
    assert bench.grow() == ["a"]
    assert bench.strips() == {"a": ["x", "y"], "b": ["x"]}
    assert bench.document.get_model_by_name("s0").data.keys() == {"t", "n", "c0"}
    assert bench.document.get_model_by_name("s2").data.keys() == {"t", "n", "c0"}


def test_a_unit_that_comes_later_draws_no_second_line(bench: Bench) -> None:
    bench.publish("a", Channel("x"))
    bench.grow()
    bench.publish("a", Channel("x", "V"))
    bench.grow()
    assert bench.strips() == {"a": ["x"]}


def test_a_channel_that_changes_its_kind_draws_no_second_line(bench: Bench) -> None:
    for kind in (Kind.NUMBER, Kind.STATE, Kind.NUMBER, Kind.STATE):
        bench.publish("a", Channel("x", kind=kind))
        bench.grow()
    assert bench.strips() == {"a": ["x"]}


def test_names_from_outside_are_neither_ids_nor_columns(bench: Bench) -> None:
    for name in (
        "__proto__",
        "constructor",
        "t",
        "n",
        "c0",
        "page",
        "time",
        "strip0",
        "</script>",
        "$$x$$",
        "\u202ex",
        "x" * 10_000,
    ):
        bench.publish(name, Channel(name, name))
    bench.grow()
    names = {model.name for model in bench.document.models if model.name}
    assert all(re.fullmatch(r"s\d+|strip\d+(-(\d+|cursor|marks))?|marks", name) for name in names)
    for strip in bench.layout.describe()["strips"]:
        for text in (strip["title"], strip["unit"], *(line["label"] for line in strip["lines"])):
            assert len(text) <= MAX_LABEL
            assert "$$" not in text
            assert "\u202e" not in text


def test_what_the_page_is_told_is_json_and_short(bench: Bench) -> None:
    bench.publish("\ud800" + "x" * 100_000, Channel("\udfff" + "y" * 100_000))
    bench.grow()
    assert len(orjson.dumps(bench.layout.describe())) < 2_000


def test_a_source_always_has_the_columns_that_its_lines_ask_for(bench: Bench) -> None:
    missing: list[str] = []

    def look(_event: object) -> None:
        for renderer in bench.document.select({"type": GlyphRenderer}):
            wanted = {renderer.glyph.x, getattr(renderer.glyph, "y", renderer.glyph.x)}
            missing.extend(wanted - set(renderer.data_source.data))

    bench.document.on_change(look)
    a, b, c = Channel("a"), Channel("b"), Channel("c", "V")
    for channels in [(a, b), (a, b, c), (a,), (b, c), (c,)]:  # together, then in turns
        bench.publish("s", *channels)
        bench.grow()
    assert bench.strips() == {"s": ["a", "b"], "V": ["c"]}
    assert len({line["source"] for strip in bench.layout.describe()["strips"] for line in strip["lines"]}) == 3
    assert missing == []


def designed(bench: Bench, **table: Any) -> dict[str, list[str]]:
    """Lay the bench out by a design."""
    bench.layout.close()
    bench.layout = Layout(bench.stage, read_page(table))
    bench.grow()
    return bench.strips()


def test_a_design_says_what_is_where(bench: Bench) -> None:
    bench.publish("a", Channel("t", "°C"), Channel("rh", "%"), Channel("mode", kind=Kind.TEXT))
    bench.publish("b", Channel("t", "°C"))
    assert designed(bench, panel=[{"title": "Mine", "channels": ["b", "a/rh"]}]) == {"Mine": ["rh", "t"]}
    assert bench.undrawn() == [("a", "t", False), ("a", "mode", True)]
    # Channels that another panel shows get no strip either; all others do.
    panels = [{"kind": "number", "channels": ["a/t"]}, {"title": "Mine", "channels": ["*/nothing"]}]
    assert designed(bench, panel=panels, rest=True) == {"Mine": [], "%": ["rh"], "°C": ["t"]}
    assert [panel["place"] for panel in bench.layout.describe()["panels"]] == [0]
    assert [strip["place"] for strip in bench.layout.describe()["strips"]] == [1, None, None]


def test_a_design_names_scales_and_colours_channels(bench: Bench) -> None:
    bench.publish("a", Channel("t", "mV"), Channel("u", "mV"))
    looks = [{"match": "a/t", "name": "Oven", "unit": "V", "scale": 0.001, "offset": 1, "colour": 7}]
    assert designed(bench, channel=looks) == {"V": ["Oven"], "mV": ["u"]}
    line = bench.layout.describe()["strips"][0]["lines"][0]
    assert (line["unit"], line["colour"]) == ("V", 6)
    readout = read_out(bench.hub, [])
    assert bench.layout.read(readout, bench.layout.order) == [[1.0015, False], [1.5, False]]
    (view,) = bench.layout.views["a"].values()
    sent = view.rebuild(bench.hub, 0, 10, 1)
    assert [sent[name].tolist() for name in view.columns] == [[1.0015], [1.5]]


def test_another_layout_leaves_nothing_of_the_first(bench: Bench) -> None:
    bench.publish("a", Channel("t", "°C"), Channel("rh", "%"))
    bench.grow()
    before = {root.name for root in bench.document.roots}
    designed(bench, panel=[{"channels": ["a"]}])
    after = {root.name for root in bench.document.roots}
    assert len(after) == 1
    assert not before & after
    assert bench.layout.describe()["generation"] == 1
