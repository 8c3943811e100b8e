"""The page and the record: what is shown is held against what was recorded, with data still arriving."""

from __future__ import annotations

import csv
import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from stripchart.flow.events import Event
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from support.chromium import ROWS
from support.feeder import Feeder
from support.page import Site, serve
from support.shelf import Shelf
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
CHANNELS = (Channel("temperature", "°C"), Channel("humidity", "%"))
DATA = "([key, column]) => Array.from(Bokeh.documents[0].get_model_by_name(key).data[column])"
SPAN = "(({start, end}) => [start, end])(stripchart.strips.range)"


class Bench:
    """A stream of which an earlier run recorded a row every ten seconds, numbered by its values."""

    def __init__(self, hours: float = 24, ago: int = 2 * HOUR) -> None:
        self.shelf = Shelf()
        self.hub = Hub(history_rows=300)
        self.stop = time.time_ns() // SECOND * SECOND - ago
        self.start = self.stop - int(hours * HOUR)
        self.time = np.arange(self.start, self.stop, 10 * SECOND)
        numbers = np.arange(len(self.time))
        self.shelf.add(make_batch("bench", CHANNELS, self.time, [numbers, -numbers]))
        self.feeder = Feeder(self.hub, rate=200, channels=CHANNELS)

    @contextmanager
    def live(self, **look: Any) -> Iterator[Site]:
        """Serve a page that goes on with the stream."""
        recording = self.shelf.record(self.hub)
        with serve(hub=self.hub, look={"archive": self.shelf, **look}) as site, recording:
            for ago in range(15, 0, -1):
                self.feeder.publish(100, time.time_ns() - ago * SECOND // 2)
            assert self.hub.held("bench").first > 300  # memory has given up rows already
            with self.feeder:
                yield site

    @contextmanager
    def finished(self, **look: Any) -> Iterator[Site]:
        """Serve what is recorded, without any source."""
        with serve(look={"archive": self.shelf, "title": "Cold room", **look}) as site:
            yield site

    def look(self, first: int, stop: int) -> str:
        """Return the state of the address that shows some rows of the earlier run."""
        return f"#view={self.time[first] / 1e6:.0f},{self.time[stop] / 1e6:.0f}"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def open_page(page: Page, site: Site, state: str = "") -> list[str]:
    """Open the page and return the list to which it will add its complaints."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(site.url + state)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function("stripchart.toolbar.record != null")
    return complaints


def rows(page: Page, key: str = "s0") -> int:
    return int(page.evaluate(ROWS, key))


def column(page: Page, name: str, key: str = "s0") -> list[float]:
    return list(page.evaluate(DATA, [key, name]))


def span(page: Page) -> tuple[float, float]:
    start, end = page.evaluate(SPAN)
    return start, end


def wheel(page: Page, delta: int, across: float, times: int = 1) -> None:
    """Turn the wheel over the first strip, ``across`` of its width from the left."""
    box = page.locator(".strip .plot").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] / 3)
    for _ in range(times):
        page.mouse.wheel(0, delta)
        page.wait_for_timeout(30)


def test_from_live_to_everything_into_a_second_and_back(page: Page, bench: Bench) -> None:
    with bench.live() as site:
        complaints = open_page(page, site, "#window=3600")
        # The live window itself begins before memory does.
        page.wait_for_function(f"({ROWS})('s0') > 300")
        wheel(page, 500, 0.9, times=14)
        page.wait_for_function(f"stripchart.strips.range.start < {bench.start / 1e6}")
        start, end = span(page)
        assert end - start < 1.2 * 25 * 3_600_000  # and no further than that
        assert end < (time.time_ns() + 3 * HOUR) / 1e6
        page.wait_for_function(f"({ROWS})('s0') >= {len(bench.time) + 300}")
        times, values = column(page, "t"), column(page, "c0")
        assert times == sorted(times)
        assert min(value for value in values if value is not None) < 0  # the live sine
        assert max(value for value in values if value is not None) == len(bench.time) - 1
        assert sum(value != value for value in values) == 1  # noqa: PLR0124 - the gap between the two runs
        # One second of an earlier day, exactly.
        page.evaluate(f"stripchart.toolbar.look({bench.time[4000] / 1e6} - 500, {bench.time[4000] / 1e6} + 500)")
        page.wait_for_function(f"({ROWS})('s0') === 1")
        assert column(page, "c0") == [4000]
        page.keyboard.press("l")
        page.wait_for_function("stripchart.strips.range.end > Date.now() - 1000")
        bench.feeder.stop()
        until(lambda: rows(page) == bench.feeder.rows, what=f"{bench.feeder.rows} rows in the browser", page=page)
        assert "view" not in page.url
    assert complaints == []


def test_the_seam_is_exact_while_data_arrive(page: Page) -> None:
    bench = Bench(hours=0.1, ago=60 * SECOND)
    with bench.live() as site:
        open_page(page, site, "#window=900")
        page.wait_for_function(f"({ROWS})('s0') > {len(bench.time) + 300}")
        for _ in range(4):  # each reads both sides of the seam anew
            for window in (3600, 900):
                page.locator(f"[data-window='{window}']").click()
                page.wait_for_timeout(150)
        page.wait_for_timeout(500)
        bench.feeder.stop()
        total = len(bench.time) + bench.feeder.rows
        until(lambda: rows(page) == total, what=f"{total} rows in the browser", page=page)
        # The same through one look that begins in the record and ends in memory, row by row.
        until(lambda: bench.shelf.rows("bench") == total)
        start, end = bench.hub.held("bench").start_ns // 1_000_000 - 500, bench.hub.streams()[0].last_ns // 1_000_000
        page.evaluate(f"stripchart.toolbar.look({start}, {end})")
        shown = bench.shelf.rows("bench", start * 1_000_000 - (end - start) * 1_000_000 // 20)
        until(lambda: rows(page) == shown, what=f"{shown} rows in the browser", page=page)
        times = column(page, "t")
        assert len(set(times)) == len(times) == shown
        assert times == sorted(times)
        assert all(value == value for value in column(page, "c0"))  # noqa: PLR0124 - NaN


def test_a_finished_recording_is_shown_whole(page: Page, bench: Bench) -> None:
    bench.shelf.add(make_batch("old/scale", (Channel("weight", "kg"),), bench.time[:100], [np.arange(100)]))
    page.set_viewport_size({"width": 1600, "height": 800})
    with bench.finished() as site:
        complaints = open_page(page, site)
        page.wait_for_function(f"({ROWS})('s0') === {len(bench.time)} && ({ROWS})('s1') === 100")
        assert page.locator("#live").inner_text().strip() == "Recording"
        assert page.locator("h1").inner_text().strip() == "Cold room"
        assert span(page) == pytest.approx((bench.time[0] / 1e6, bench.time[-1] / 1e6))
        assert page.locator("[data-window=all]").get_attribute("aria-checked") == "true"
        assert page.locator(".legend .name").all_inner_texts() == ["temperature", "humidity", "scale/weight"]
        page.locator("[data-window='3600']").click()
        page.wait_for_function(f"({ROWS})('s0') === 396")  # an hour, and a twentieth more at either side
        assert "view=" in page.url
        page.locator("#live").click()
        page.wait_for_function(f"({ROWS})('s0') === {len(bench.time)}")
        until(lambda: "view=" not in page.url, page=page)
        page.keyboard.press("c")
        for name, value in {"weight": "99kg", "temperature": f"{len(bench.time) - 1}°C"}.items():
            row = page.locator("#channels .item.stale").filter(has=page.get_by_text(name))
            until(lambda row=row, value=value: row.locator(".value").inner_text() == value, what=value, page=page)
    assert complaints == []


def test_the_address_keeps_range_and_channels(page: Page, bench: Bench) -> None:
    with bench.live() as site:
        open_page(page, site, bench.look(1000, 1100))
        page.wait_for_function(f"({ROWS})('s0') === 110")
        page.locator(".legend .line").nth(1).click()
        wheel(page, -100, 0.5)
        page.wait_for_function("stripchart.toolbar.view[1] - stripchart.toolbar.view[0] < 999000")
        until(lambda: page.evaluate("stripchart.toolbar.view.map(Math.round).join('%2C')") in page.url, page=page)
        shown = span(page)
        page.wait_for_function(f"({ROWS})('s0') < 110")
        values = column(page, "c0")
        copied = page.url
        page.goto("about:blank")
        page.goto(copied)
        page.wait_for_selector("body[data-ready]")
        page.wait_for_function(f"({ROWS})('s0') === {len(values)}")
        assert span(page) == pytest.approx(shown, abs=1)
        assert column(page, "c0") == values
        visible = "[...stripchart.strips.strips.values()].map((strip) => strip.lines[0].renderer.visible)"
        assert page.evaluate(visible) == [True, False]


def test_the_overview_chooses_what_is_shown(page: Page, bench: Bench) -> None:
    with bench.finished() as site:
        open_page(page, site, bench.look(4000, 4400))
        page.wait_for_function(f"({ROWS})('s0') === 440")
        box, thumb = page.locator("#overview"), page.locator("#overview .thumb")
        area = box.bounding_box()
        assert area is not None
        assert area["height"] == 56
        scale = (bench.time[-1] - bench.time[0]) / 1e6 / area["width"]  # milliseconds of a pixel
        middle = area["y"] + 28
        before = span(page)
        handle = thumb.bounding_box()
        assert handle is not None
        assert handle["x"] - area["x"] == pytest.approx((before[0] - bench.start / 1e6) / scale, abs=2)
        assert handle["width"] == pytest.approx((before[1] - before[0]) / scale, abs=2)
        # It is dragged, ...
        page.mouse.move(handle["x"] + handle["width"] / 2, middle)
        page.mouse.down()
        page.mouse.move(handle["x"] + handle["width"] / 2 + 100, middle, steps=4)
        page.mouse.up()
        assert span(page) == pytest.approx((before[0] + 100 * scale, before[1] + 100 * scale), abs=2 * scale)
        # ... made wider at its end, ...
        page.mouse.move(handle["x"] + handle["width"] + 100, middle)
        page.mouse.down()
        page.mouse.move(handle["x"] + handle["width"] + 150, middle, steps=4)
        page.mouse.up()
        assert span(page) == pytest.approx((before[0] + 100 * scale, before[1] + 150 * scale), abs=2 * scale)
        # ... sent elsewhere by a click, ...
        page.mouse.click(area["x"] + 200, middle)
        start, end = span(page)
        assert (start + end) / 2 == pytest.approx(bench.start / 1e6 + 200 * scale, abs=2 * scale)
        first = round((start - bench.start / 1e6) / 10_000)
        page.wait_for_function(f"Math.abs(Bokeh.documents[0].get_model_by_name('s0').data.c0[0] - {first}) < 100")
        # ... and moved by keys.
        thumb.focus()
        page.keyboard.press("Shift+ArrowRight")
        assert span(page) == pytest.approx((end, 2 * end - start))
        page.keyboard.press("+")
        assert np.diff(span(page))[0] == pytest.approx((end - start) / 2)
        page.keyboard.press("Home")
        assert span(page)[0] == pytest.approx(bench.start / 1e6)
        assert " to " in (thumb.get_attribute("aria-valuetext") or "")
        drawn = "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
        assert page.locator("#overview canvas").evaluate(drawn)


def test_a_clock_that_was_never_set_does_not_stretch_the_overview(page: Page, bench: Bench) -> None:
    bench.shelf.add(make_batch("<b>drone</b>", CHANNELS, np.arange(3) * SECOND, [np.arange(3), np.arange(3)]))
    with bench.finished() as site:
        complaints = open_page(page, site)
        start, end = page.evaluate("stripchart.overview.axis")
        assert (start, end) == pytest.approx((bench.start / 1e6, bench.time[-1] / 1e6))
        told = page.locator("#overview .apart")
        assert re.fullmatch(r"Too far away for this strip: <b>drone</b> \(from .*1970.*\)", told.inner_text())
        assert complaints == []


def test_without_a_past_there_is_no_overview(page: Page) -> None:
    shelf, hub = Shelf(), Hub()
    with serve(hub=hub, look={"archive": shelf}) as site, shelf.record(hub), Feeder(hub):
        open_page(page, site)
        page.wait_for_function(f"({ROWS})('s0') > 20")
        assert page.locator("#overview").is_hidden()
        page.evaluate("stripchart.toolbar.setWindow(3)")
        page.wait_for_selector("#overview:not([hidden])")


def test_it_shows_that_it_reads_and_why_it_cannot(page: Page, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.ui.past.past.RETRY_SECONDS", 0.5)
    with bench.live() as site:
        open_page(page, site, bench.look(1000, 1100))
        page.wait_for_function(f"({ROWS})('s0') === 110")
        bench.shelf.delay = 0.4
        page.evaluate(f"stripchart.toolbar.look({bench.time[2000] / 1e6}, {bench.time[2200] / 1e6})")
        page.wait_for_selector("#busy:not([hidden])")
        assert rows(page) == 110  # what there is stays until then
        page.wait_for_function(f"({ROWS})('s0') === 220")
        page.wait_for_selector("#busy", state="hidden")
        bench.shelf.delay = 0.0
        bench.shelf.error = OSError(5, "Input/output error")
        page.evaluate(f"stripchart.toolbar.look({bench.time[3000] / 1e6}, {bench.time[3300] / 1e6})")
        page.wait_for_selector("#trouble:not([hidden])")
        assert "Input/output error" in page.locator("#trouble").inner_text()
        bench.shelf.error = None
        page.wait_for_function(f"({ROWS})('s0') === 330")
        page.wait_for_selector("#trouble", state="hidden")


def test_a_drag_asks_at_once_and_then_now_and_then(page: Page, bench: Bench) -> None:
    with bench.finished() as site:
        open_page(page, site, bench.look(4000, 4400))
        page.wait_for_function(f"({ROWS})('s0') === 440")
        asked = len(bench.shelf.asked)
        begun = time.monotonic()
        for step in range(40):
            page.evaluate(f"stripchart.toolbar.look({bench.time[4000 + step] / 1e6}, {bench.time[4400 + step] / 1e6})")
        page.wait_for_function("Bokeh.documents[0].get_model_by_name('s0').data.c0[0] === 4019")
        took = time.monotonic() - begun
        assert len(bench.shelf.asked) - asked <= 2 * (2 + took / 0.15)  # of the stream, and perhaps of the overview


def test_what_happened_is_marked(page: Page, bench: Bench) -> None:
    at = int(bench.time[1050])
    bench.shelf.happened = [
        Event(at, "bench", "lost", "unplugged", 0),
        *(Event(int(bench.time[4000]) + SECOND * step, "bench", "gap", f"{step} rows", step) for step in range(600)),
    ]
    with bench.finished() as site:
        open_page(page, site, bench.look(1000, 1100))
        page.wait_for_function("Bokeh.documents[0].get_model_by_name('marks')?.data.t.length === 1")
        box = page.locator(".strip .plot").first.bounding_box()
        assert box is not None
        across = page.evaluate(
            "stripchart.strips.strips.get('strip0').view.frame.x_scale.compute(stripchart.marks.marks[0].time)"
        )
        page.mouse.move(box["x"] + across + 2, box["y"] + 40)
        page.wait_for_selector("#tip .mark")
        assert page.locator("#tip .mark").inner_text() == "Lost · bench: unplugged"
        page.evaluate(f"stripchart.toolbar.look({bench.time[3990] / 1e6}, {bench.time[4070] / 1e6})")
        page.wait_for_function("Bokeh.documents[0].get_model_by_name('marks').data.t.length > 100")
        counts = page.evaluate("stripchart.marks.marks.map(({count}) => count)")
        assert len(counts) <= 200
        assert sum(counts) == 600


def test_what_is_shown_can_be_taken_away(page: Page, bench: Bench, tmp_path: Path) -> None:
    with bench.finished() as site:
        complaints = open_page(page, site, bench.look(1000, 1100))
        page.wait_for_function(f"({ROWS})('s0') === 110")
        page.locator("#export summary").click()
        page.locator("#export p", has_text="All channels").wait_for()
        link = page.locator("[data-format=parquet]")
        asked = parse_qs(urlsplit(link.get_attribute("href") or "").query)
        assert asked == {"format": ["parquet"], "start": [str(bench.time[1000])], "stop": [str(bench.time[1100])]}
        page.keyboard.press("Escape")
        page.locator(".legend .line").nth(1).click()
        page.locator("#export summary").click()
        page.locator("#export p", has_text="1 of 2 channels").wait_for()
        assert parse_qs(urlsplit(link.get_attribute("href") or "").query)["channels"] == ["bench/temperature"]
        with page.expect_download() as download:
            page.locator("[data-format=csv]").click()
        table = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
        assert [float(row[-1]) for row in table[1:]] == list(range(1000, 1100))

        page.locator("#export summary").click()
        with page.expect_download() as download:
            page.locator("[data-picture=png]").click()
        assert download.value.suggested_filename.startswith("Cold room ")
        png = Path(download.value.path()).read_bytes()
        assert png.startswith(b"\x89PNG")
        assert len(png) > 10_000

        page.locator("#export summary").click()
        with page.expect_download() as download:
            page.locator("[data-picture=html]").click()
        download.value.save_as(tmp_path / "view.html")
    assert complaints == []
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"file://{tmp_path}/view.html")
    assert page.title() == "Cold room"
    assert "temperature" in (page.locator("svg").text_content() or "")
    assert page.locator("svg path[stroke-width='1.4']").count() == 1
    page.mouse.move(400, 150)
    assert "°C" in page.locator(".tip").inner_text()
    with page.expect_download() as download:
        page.get_by_text("Save as CSV").click()
    table = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert table[0] == ["time", "channel", "value", "rows"]
    assert [float(row[2]) for row in table[1:]] == list(range(999, 1101))
    assert all(url.startswith(("file:", "blob:")) for url in requests), requests


def test_hostile_names_stay_text_in_what_is_taken_away(page: Page, tmp_path: Path) -> None:
    hostile = "</script><script>window.ran=1</script><img src=x onerror=window.ran=1>"
    shelf = Shelf()
    shelf.add(
        make_batch(hostile, (Channel(hostile, "<b>&"), Channel("=1+1", "<b>&")), [SECOND, 2 * SECOND], [[1, 2]] * 2)
    )
    shelf.happened = [Event(SECOND, hostile, "lost", hostile, 0)]
    with serve(look={"archive": shelf, "title": hostile}) as site:
        complaints = open_page(page, site)
        page.wait_for_function(f"({ROWS})('s0') === 2")
        page.locator("#export summary").click()
        with page.expect_download() as download:
            page.locator("[data-picture=html]").click()
        assert not set(download.value.suggested_filename) & set("<>/\\")
        download.value.save_as(tmp_path / "view.html")
    assert complaints == []
    page.goto(f"file://{tmp_path}/view.html")
    assert page.title() == hostile
    page.mouse.move(400, 150)
    assert "=1+1" in page.locator(".tip").inner_text()
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    with page.expect_download() as download:
        page.get_by_text("Save as CSV").click()
    table = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert {row[1] for row in table[1:]} == {f"{hostile}/{hostile}", f"{hostile}/=1+1"}
