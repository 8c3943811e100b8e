"""Looking closely: what a hand measures on the page is held against the rows that were published."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import stripchart
from stripchart import Monitor
from stripchart.flow.events import notes
from stripchart.flow.records import Channel, make_batch
from support.chromium import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECOND = 1_000_000_000
CHANNELS = (Channel("level", "m"), Channel("flow", "l/s"))
TABLE = """() => Object.fromEntries([...document.querySelectorAll('#measured tbody tr')].map((row) => [
  row.cells[0].textContent, [...row.cells].slice(1).map((cell) => parseFloat(cell.title))]))"""
"""JavaScript: the exact figures of each channel in the table of what is measured."""
FRAME = """() => { const [strip] = stripchart.strips.strips.values(); const {bbox} = strip.view.frame;
  const {left, top} = strip.plot.getBoundingClientRect();
  return [left + bbox.left, top + bbox.top, bbox.width, bbox.height]; }"""
RANGE = "(({start, end}) => [start, end])(stripchart.strips.range)"
Y_RANGE = "(({start, end}) => [start, end])([...stripchart.strips.strips.values()][0].figure.y_range)"


class Bench:
    """40 s of a sine of a quarter hertz and its cosine, 100 rows a second, so dense that no row is drawn as it is."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.time = time.time_ns() // SECOND * SECOND - 50 * SECOND + np.arange(4_000) * SECOND // 100
        phase = np.arange(4_000) * 2 * np.pi / 400
        self.level = 5 + np.sin(phase)
        self.flow = 1e6 + np.cos(phase) + np.arange(4_000) / 1000
        monitor.hub.publish(make_batch("bench", CHANNELS, self.time, [self.level, self.flow]))

    @property
    def view(self) -> str:
        """The address of its first 30 seconds."""
        return f"#view={self.time[0] / 1e6:.0f},{self.time[3000] / 1e6:.0f}"

    def row(self, milliseconds: float) -> int:
        """Return which row has a time; there is one."""
        place = int(np.argmin(np.abs(self.time - milliseconds * 1e6)))
        assert abs(self.time[place] - milliseconds * 1e6) < 1_000
        return place


@contextmanager
def watched(page: Page, state: str | None = None, **options: Any) -> Iterator[Bench]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    with Monitor(title="Bench", **options) as monitor:
        bench = Bench(monitor)
        page.goto(monitor.url + (bench.view if state is None else state))
        wait(page)
        yield bench
    assert complaints == []


def wait(page: Page) -> None:
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function("[...stripchart.strips.strips.values()].filter((strip) => strip.view?.frame).length === 2")
    page.wait_for_function(f"({ROWS})('s0') >= 3000")
    page.wait_for_timeout(100)  # the first look of each new figure at its size


def cursors(page: Page) -> list[float]:
    return list(page.evaluate("stripchart.looking.cursors.times"))


def table(page: Page, columns: int = 9) -> dict[str, list[float]]:
    """Return the figures of what is measured, when the answer to the last question has come."""
    page.wait_for_timeout(80)
    page.wait_for_function(f"document.querySelector('#measured thead tr')?.cells.length === {columns + 1}")
    page.wait_for_load_state("networkidle")
    found: dict[str, list[float]] = page.evaluate(TABLE)
    return found


def test_two_cursors_on_a_sine(page: Page) -> None:
    with watched(page) as bench:
        left, top, width, height = page.evaluate(FRAME)
        page.keyboard.press("m")
        for place, across in enumerate((0.25, 0.6)):
            page.mouse.click(left + across * width, top + height * 0.7)
            page.wait_for_function(f"stripchart.looking.cursors.times.length === {place + 1}")
        a, b = map(bench.row, cursors(page))
        pixel = 30_000 / width
        assert np.abs(np.array(cursors(page)) - bench.time[[750, 1800]] / 1e6).max() < 3 * pixel
        for name, values in (("bench/level", bench.level), ("bench/flow", bench.flow)):
            found = table(page)[name]
            assert found[:3] == pytest.approx([values[a], values[b], values[b] - values[a]], abs=1e-12)
        facts = page.locator("#measured dl").inner_text()
        assert f"Δt\n{(b - a) / 100:g} s" in facts
        assert f"1/Δt\n{round(1e5 / (b - a), 3):g} mHz" in facts
        # By hand: B to where the sine is at its top again.
        page.mouse.move(left + 0.6 * width, top + height / 2)
        page.mouse.down()
        page.mouse.move(left + 0.75 * width, top + height / 2, steps=4)
        page.mouse.up()
        b = bench.row(cursors(page)[1])
        assert abs(b - 2250) < 10
        assert table(page)["bench/level"][:2] == pytest.approx([bench.level[a], bench.level[b]], abs=1e-12)
        # By keys: to the next sample, and back by ten.
        page.locator("[role=slider][aria-label='Cursor B']").focus()
        before = cursors(page)[1]
        page.keyboard.press("ArrowRight")
        assert cursors(page)[1] > before
        page.keyboard.press("Shift+ArrowLeft")
        assert cursors(page)[1] < before
        # A link shows them; who loads the page again too.
        page.wait_for_function("location.hash.includes(stripchart.looking.cursors.times[1].toFixed(3))")
        kept = cursors(page)
        page.reload()
        wait(page)
        assert cursors(page) == pytest.approx(kept, abs=1e-3)
        assert table(page)["bench/level"][0] == pytest.approx(bench.level[a], abs=1e-12)
        page.keyboard.press("Escape")
        assert page.locator("#measured").is_hidden()
        page.wait_for_function("!location.hash.includes('cursors')")


def test_a_span_has_the_statistics_of_its_raw_rows(page: Page) -> None:
    with watched(page) as bench:
        left, top, width, height = page.evaluate(FRAME)
        page.locator("[data-drag=measure]").click()
        # Without cursors: of all that is seen.
        seen = page.evaluate(RANGE)
        rows = (bench.time >= seen[0] * 1e6) & (bench.time < seen[1] * 1e6)
        assert rows.sum() == 3000
        assert_table(table(page), bench, rows)
        page.mouse.move(left + 0.8 * width, top + height / 2)
        page.mouse.down()
        page.mouse.move(left + 0.3 * width, top + height / 3, steps=5)
        page.mouse.up()
        first, last = map(bench.row, cursors(page))
        assert abs(first - 900) < 12
        assert abs(last - 2400) < 12
        rows = np.zeros(4000, bool)
        rows[first : last + 1] = True
        assert_table(table(page), bench, rows)
        shades = page.locator(".shade:visible")
        assert shades.count() == 2  # over all strips
        box = shades.first.bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx((last - first) / 3000 * width, abs=1.5)
        assert page.evaluate(RANGE) == seen  # a drag has measured, and not panned
        # A line that is hidden is not measured.
        page.locator(".legend .line").nth(1).click()
        page.wait_for_function("document.querySelectorAll('#measured tbody tr').length === 1")


def test_cursors_go_through_panels_over_time_and_into_pictures(page: Page) -> None:
    panels = [
        {"channels": ["bench/level"]},
        {"channels": ["bench/flow"]},
        {"kind": "spectrogram", "channels": ["bench/level"]},
    ]
    page.set_viewport_size({"width": 1280, "height": 1000})
    with watched(page, pages={"/": {"panel": panels}}) as bench:
        page.keyboard.press("m")
        page.wait_for_selector("#measured td")
        page.wait_for_function("stripchart.panels.timed[0]?.frame?.bbox.width > 0")
        box = page.locator(".panel.timed .body").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 3, steps=3)
        page.mouse.up()
        page.wait_for_function("stripchart.looking.cursors.times.length === 2")
        for time_ms in cursors(page):
            bench.row(time_ms)  # there is one
        assert page.locator(".shade:visible").count() == 3
        assert page.locator(".panel .cursor:visible").count() == 2
        page.locator("#export summary").click()
        with page.expect_download() as saved:
            page.locator("[data-picture=html]").click()
        assert re.findall(">([AB])</text>", Path(saved.value.path()).read_text()) == ["A", "B"] * 3
        for button in page.locator(".legend .line").all()[:2]:
            button.click()
        page.wait_for_function(
            "document.querySelector('#measured .note').textContent === 'There is no line to measure'"
        )


def assert_table(found: dict[str, list[float]], bench: Bench, rows: np.ndarray[Any, Any]) -> None:
    seconds = (bench.time[rows] - bench.time[0]) / 1e9
    for name, column in (("bench/level", bench.level), ("bench/flow", bench.flow)):
        values = column[rows]
        slope = np.polyfit(seconds - seconds.mean(), values - values.mean(), 1)[0]
        expected = [values[0], values[-1], values[-1] - values[0], values.min(), values.max(), values.mean()]
        assert found[name][:6] == pytest.approx(expected, rel=1e-12)
        assert found[name][6:8] == pytest.approx([values.std(), slope], rel=1e-9)
        assert found[name][8] == len(values)


def test_the_pointer_snaps_to_samples_and_marks_them(page: Page) -> None:
    with watched(page, "#window=60") as bench:
        page.keyboard.press("Space")
        page.evaluate(f"stripchart.toolbar.look({bench.time[1000] / 1e6}, {bench.time[1010] / 1e6})")
        page.wait_for_function("Bokeh.documents[0].get_model_by_name('s0').data.n.every((n) => n < 2)")
        page.wait_for_timeout(100)
        left, top, width, height = page.evaluate(FRAME)
        page.mouse.move(left + 0.37 * width, top + height / 2)  # between rows 1003 and 1004, nearer to the latter
        page.wait_for_selector("#tip:not([hidden])")
        level, flow = page.evaluate("[...stripchart.strips.strips.values()].map(({lines}) => lines[0].under)")
        assert (level["value"], flow["value"]) == pytest.approx((bench.level[1004], bench.flow[1004]))
        assert bench.row(level["time"]) == 1004
        dot = page.locator(".point").first.bounding_box()
        low, high = page.evaluate(Y_RANGE)
        assert dot is not None
        assert dot["x"] + dot["width"] / 2 == pytest.approx(left + 0.4 * width, abs=1)
        down = top + height * (high - bench.level[1004]) / (high - low)
        assert dot["y"] + dot["height"] / 2 == pytest.approx(down, abs=1)


def test_a_y_axis_is_zoomed_locked_and_fitted_again(page: Page) -> None:
    with watched(page) as bench:
        left, top, _, height = page.evaluate(FRAME)
        low, high = page.evaluate(Y_RANGE)
        assert 3 < low < 4
        assert 6 < high < 7
        seen = page.evaluate(RANGE)
        page.mouse.move(left - 20, top + height / 4)
        page.mouse.wheel(0, -240)
        page.wait_for_function(f"(([low, high]) => high - low < 0.8 * {high - low})({Y_RANGE})")
        zoomed = page.evaluate(Y_RANGE)
        assert zoomed[0] + 0.75 * (zoomed[1] - zoomed[0]) == pytest.approx(
            low + 0.75 * (high - low), abs=0.02
        )  # it stayed there
        assert page.evaluate(RANGE) == seen
        lock = page.locator(".lock").first
        assert lock.get_attribute("aria-pressed") == "true"
        bench.monitor.hub.publish(make_batch("bench", CHANNELS, [bench.time[100] + 5], [[50.0], [0.0]]))
        page.keyboard.press("l")
        page.wait_for_timeout(200)
        assert page.evaluate(Y_RANGE) == zoomed
        page.wait_for_function("location.hash.includes('y=')")
        page.reload()
        wait(page)
        page.wait_for_function(f"JSON.stringify({Y_RANGE}) === '{str(zoomed).replace(' ', '')}'")
        left, top, _, height = page.evaluate(FRAME)
        page.mouse.dblclick(left - 20, top + height / 2)
        page.wait_for_function(f"(([low, high]) => high > 50)({Y_RANGE})")
        assert lock.get_attribute("aria-pressed") == "false"
        page.mouse.move(5, 5)
        page.keyboard.press("y")
        assert [each.get_attribute("aria-pressed") for each in page.locator(".lock").all()] == ["true", "true"]


def test_clear_hides_what_came_before_and_reset_shows_it_again(page: Page) -> None:
    with watched(page, "#window=60") as bench:
        page.keyboard.press("x")
        start, end = page.evaluate(RANGE)
        page.wait_for_function(f"{RANGE}[0] > {bench.time[-1] / 1e6}")
        start, end = page.evaluate(RANGE)
        assert end - start == pytest.approx(60_000)
        assert start == pytest.approx(time.time() * 1000, abs=3_000)
        bench.monitor.hub.publish(make_batch("bench", CHANNELS, [time.time_ns()], [[70.0], [0.0]]))
        page.wait_for_function(f"(([low, high]) => low > 60 && high < 80)({Y_RANGE})")  # fitted to what is seen
        page.reload()
        wait(page)
        assert page.evaluate(RANGE)[0] == pytest.approx(start, abs=1)
        page.locator("#more summary").click()
        page.locator("#reset").click()
        page.wait_for_function(f"{RANGE}[0] < {bench.time[0] / 1e6 + 1000 * 40}")
        assert "since" not in page.url
        assert page.evaluate(f"({ROWS})('s0')") == 4001


def test_keys_and_the_dialog_that_lists_them(page: Page) -> None:
    with watched(page) as bench:
        begin, end = page.evaluate(RANGE)
        for key, expected in (
            ("ArrowRight", (begin + 3_000, end + 3_000)),
            ("Shift+ArrowLeft", (begin - 27_000, end - 27_000)),
            ("Shift+ArrowRight", (begin + 3_000, end + 3_000)),
            ("ArrowLeft", (begin, end)),
            ("+", (begin + 7_500, end - 7_500)),
            ("-", (begin, end)),
        ):
            page.keyboard.press(key)
            assert page.evaluate(RANGE) == pytest.approx(expected), key
        utc = page.locator("#clock").get_attribute("title")
        page.keyboard.press("u")
        assert page.locator("#clock").get_attribute("title") != utc
        page.keyboard.press("t")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        page.keyboard.press("Shift+?")
        page.wait_for_selector("#help[open]")
        for key in ("l", "t", "m", "ArrowLeft"):
            page.keyboard.press(key)  # in a dialog they do nothing
        assert page.evaluate(RANGE) == pytest.approx((begin, end))
        assert page.locator("[data-drag=pan]").get_attribute("aria-checked") == "true"
        shown = page.locator("#help kbd").all_text_contents()
        assert shown == [
            "Space",
            "L",
            "←",
            "→",
            "+",
            "\N{MINUS SIGN}",
            "Home",
            "End",
            "M",
            "N",
            "Y",
            "C",
            "X",
            "U",
            "T",
            "E",
            "K",
            "Esc",
        ]
        page.locator("#help button", has_text="Measure").click()  # what a key does, a click there does
        assert page.locator("[data-drag=measure]").get_attribute("aria-checked") == "true"
        assert page.locator("#help").is_hidden()
        page.evaluate("document.body.append(document.createElement('input'))")
        page.locator("body > input").focus()
        page.keyboard.type("tlm?")
        assert page.locator("body > input").input_value() == "tlm?"
        assert page.evaluate(RANGE) == pytest.approx((begin, end))
        page.locator("body > input").blur()
        page.keyboard.press("End")
        page.wait_for_function(f"{RANGE}[1] > {bench.time[-1] / 1e6 + 5000}")
        page.keyboard.press("-")
        page.wait_for_function(f"Math.abs({RANGE}[1] - {RANGE}[0] - 120000) < 1")
        assert page.locator("#live").get_attribute("data-mode") == "live"


def test_a_note_is_written_read_changed_and_outlives_the_monitor(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with watched(page, record=path) as bench:
        left, top, width, height = page.evaluate(FRAME)
        page.mouse.move(left + width / 3, top + height / 2)
        page.wait_for_selector("#tip:not([hidden])")
        page.keyboard.press("n")
        page.keyboard.type("valve <b>open</b>")  # and no key did anything else
        page.wait_for_function("document.querySelector('#notes form:not([hidden])')")
        page.keyboard.press("Enter")
        page.wait_for_selector("#notes", state="hidden")
        flag = page.locator(".flag")
        flag.wait_for()
        assert flag.inner_text() == "valve <b>open</b>"
        box = flag.bounding_box()
        assert box is not None
        assert box["x"] == pytest.approx(left + width / 3, abs=2)
        page.mouse.move(left + width / 3, top + height * 0.8)
        page.wait_for_selector("#tip .mark")
        assert page.locator("#tip .mark").inner_text() == "Note · valve <b>open</b>"
        (note,) = told(path)
        assert abs(bench.row(note[0] / 1e6) - 1000) < 12  # at a sample
        assert note[1] == "valve <b>open</b>"
        # At another time, by a double click with Shift.
        page.keyboard.down("Shift")
        page.mouse.dblclick(left + 0.7 * width, top + height / 2)
        page.keyboard.up("Shift")
        page.locator("#notes input").fill("cleaned")
        page.locator("#notes .done").click()
        page.wait_for_function("document.querySelectorAll('.flag').length === 2")
        assert page.evaluate(RANGE)[0] == pytest.approx(bench.time[0] / 1e6)  # it stayed where it was
    with Monitor(title="Bench", record=path) as monitor:
        page.goto(monitor.url + bench.view)
        page.wait_for_function("document.querySelectorAll('.flag').length === 2")
        assert page.locator(".flag").all_inner_texts() == ["valve <b>open</b>", "cleaned"]
        page.locator(".flag").first.click()
        page.wait_for_function("document.querySelector('#notes input').value === 'valve <b>open</b>'")
        page.locator("#notes input").fill("valve 2 open")
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.flag').textContent === 'valve 2 open'")
        page.locator("#more summary").click()
        page.locator("#note").click()
        page.get_by_role("button", name="Remove: cleaned").click()
        page.wait_for_function("document.querySelectorAll('#notes li').length === 1")
        page.keyboard.press("Escape")
        page.wait_for_function("document.querySelectorAll('.flag').length === 1")
        page.wait_for_timeout(200)  # the recorder commits
        assert told(path) == [(note[0], "valve 2 open")]


def told(path: Path) -> list[tuple[int, str]]:
    with stripchart.open(path) as recording:
        return [(note.time_ns, note.text) for note in notes(recording.events())]


def test_who_may_only_look_is_told_why_and_sees_all_notes(page: Page) -> None:
    with watched(page) as bench:
        page.keyboard.press("n")
        page.wait_for_function("document.querySelector('#notes p').textContent.startsWith('Nothing is recorded here')")
        assert page.locator("#notes form").is_hidden()
        assert "annotation" not in {event.kind for event in bench.monitor.events()}
