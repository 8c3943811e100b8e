"""Saved pictures and pages: what is in the files is held against what the panels show."""

from __future__ import annotations

import re
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripchart.flow.records import Channel, Kind, make_batch
from support.hostile import MARKUP
from support.panels import CHANNELS, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HOSTILE = MARKUP[2]
GARBAGE = "\x00\x1b[31m\x08\ufffe"
"""What no XML can hold."""
WRITTEN = """() => [...document.querySelectorAll("svg text")].map((text) => {
  const {left, top, right, bottom} = text.getBoundingClientRect();
  return [text.textContent, [left, top, right, bottom]];
})"""
PLACE = """(section) => {
  const box = document.getElementById("strips").getBoundingClientRect();
  const {left, top, width, height} = section.getBoundingClientRect();
  return [left - box.left + 16, top - box.top + 68, width, height];
}"""
Box = tuple[float, float, float, float]


def saved(page: Page, kind: str) -> bytes:
    """Return what the menu saves."""
    page.locator("#export summary").click()
    with page.expect_download() as download:
        page.locator(f"[data-picture={kind}]").click()
    return Path(download.value.path()).read_bytes()


def written(page: Page, tmp_path: Path) -> dict[str, Box]:
    """Save the page, open it elsewhere, and return each of its texts with the first place where it stands."""
    (tmp_path / "view.html").write_bytes(saved(page, "html"))
    other = page.context.new_page()
    requests: list[str] = []
    other.on("request", lambda request: requests.append(request.url))
    other.goto(f"file://{tmp_path}/view.html")
    texts = {text: tuple(box) for text, box in reversed(other.evaluate(WRITTEN))}
    assert other.evaluate("window.pwned") is None
    assert other.locator("img, foreignObject").count() == 0
    assert all(url.startswith(("file:", "data:")) for url in requests), requests
    other.close()
    return texts


def picture(page: Page) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(BytesIO(saved(page, "png"))).convert("RGB")).astype(int)


def part(pixels: np.ndarray[Any, Any], page: Page, selector: str) -> np.ndarray[Any, Any]:
    """Return the pixels of a panel, without its edge."""
    left, top, width, height = (round(2 * each) for each in page.locator(selector).evaluate(PLACE))
    return pixels[top + 8 : top + height - 8, left + 8 : left + width - 8]


def painted(pixels: np.ndarray[Any, Any]) -> float:
    """Return which part of some pixels has another colour than most have."""
    values = pixels @ [1 << 16, 1 << 8, 1]
    return float(np.mean(values != np.bincount(values.ravel()).argmax()))


def test_what_is_written_is_in_the_saved_files(page: Page, tmp_path: Path) -> None:
    panels = [
        {"kind": "number", "channels": ["bench/temperature"], "width": 4, "title": HOSTILE},
        {"kind": "gauge", "channels": ["bench/humidity"], "width": 8, "minimum": 0, "maximum": 100, "high": 80},
        {"kind": "statistics", "channels": ["bench/temperature"]},
        {"kind": "table", "channels": ["bench"], "height": 6},
        {"kind": "log", "height": 2},
        {"kind": "health", "height": 2},
        {"title": "Below", "channels": ["bench/light"]},
    ]
    with watched(page, *panels, sources=["tcp://127.0.0.1:9"]) as monitor:
        text = (Channel("words", kind=Kind.TEXT),)
        lines = [f"line {number}" for number in range(60)] + [HOSTILE, GARBAGE]
        monitor.hub.publish(make_batch("bench/log", text, time.time_ns() + np.arange(62), [lines]))
        page.wait_for_function("document.querySelectorAll('.numbers b').length")
        # The lower ones were never in sight, so nothing has been asked for them yet.
        assert page.locator(".log li, .ledger tbody tr").count() == 0
        texts = written(page, tmp_path)
        assert {"Bench", HOSTILE, "21.99", "99.5", "20.995", "9549.9", "line 59", "light"} <= set(texts)
        assert "line 2" not in texts  # scrolled out
        (source,) = monitor.ledger()["sources"]
        assert source in texts
        assert any(text.startswith("Balanced") for text in texts)
        assert not {"Find", "Find a channel"} & set(texts)
        order = [texts[text][1] for text in ("99.5", "Std", "Trend", "line 59", "Published", "Below")]
        assert order == sorted(order)
        number, gauge = texts["21.99"], texts["99.5"]
        assert number[2] < gauge[0]  # beside each other, as on the page
        assert number[1] < gauge[3]
        assert gauge[1] < number[3]

        pixels = picture(page)
        for kind, least in {"number": 0.01, "gauge": 0.02, "table": 0.01, "log": 0.02, "health": 0.01}.items():
            assert painted(part(pixels, page, f"section.{kind}")) > least, kind
        green = np.abs(part(pixels, page, "section.gauge") - [0x0A, 0x7D, 0x56]).max(axis=2) < 12
        assert green.mean() > 0.001  # the zone of what is good


def test_figures_are_in_the_saved_files_in_the_theme_of_the_page(page: Page, tmp_path: Path) -> None:
    panels = [
        {"kind": "histogram", "channels": ["bench/temperature"], "width": 6},
        {"kind": "xy", "channels": ["bench/temperature", "bench/humidity"], "width": 6},
        {"kind": "states", "channels": ["bench/mode"]},
        {"kind": "spectrum", "channels": ["bench/humidity"], "height": 2},
        {"kind": "spectrogram", "channels": ["bench/temperature"], "height": 2},
    ]
    with watched(page, *panels, state="#theme=dark") as monitor:
        mode = (Channel("mode", kind=Kind.TEXT),)
        times = time.time_ns() - np.arange(8, 0, -1) * 1_000_000_000
        monitor.hub.publish(make_batch("bench/mode", mode, times, [["idle"] * 4 + [HOSTILE] * 4]))
        page.wait_for_function("stripchart.panels.views[0]?.data.bars?.top.length")
        texts = written(page, tmp_path)
        assert {"samples", "humidity, %", "idle", "Hz", "Spectrogram"} <= set(texts)
        assert any(HOSTILE[:8] in text for text in texts)
        pixels = picture(page)
        assert pixels[4, 4].tolist() == [0x11, 0x15, 0x1A]
        kinds = {"histogram": 0.1, "xy": 0.01, "states": 0.05, "spectrum": 0.01, "spectrogram": 0.05}
        for kind, least in kinds.items():
            place = part(pixels, page, f"section.{kind}")
            assert place.mean() < 128, kind
            assert painted(place) > least, kind


def test_a_phone_saves_what_it_shows(page: Page, tmp_path: Path) -> None:
    panels = [
        {"title": "Both", "channels": ["bench/temperature", "bench/humidity"], "right": ["*/humidity"]},
        {"channels": ["bench/light"], "log": True, "style": "points"},
        {"kind": "number", "channels": ["bench/light"]},
    ]
    page.set_viewport_size({"width": 390, "height": 800})
    now = time.time_ns() // 1_000_000
    with watched(page, *panels, state=f"#view={now - 9000},{now + 3000}") as monitor:
        page.wait_for_function("document.querySelector('.legend .value')?.textContent.startsWith('21.99')")
        page.wait_for_function("[...stripchart.strips.strips.values()].every(({view}) => view?.frame?.bbox.width > 0)")
        monitor.hub.publish(make_batch("bench", CHANNELS, [(now + 2000) * 1_000_000], [[22.0], [99.0], [5000.0]]))
        page.wait_for_function("document.querySelector('.legend .value').textContent.startsWith('22')")
        texts = written(page, tmp_path)
        assert {"Both", "temperature", "humidity", "21.0", "50", "10", "1000", "5000"} <= set(texts)
        assert texts["50"][0] > texts["21.0"][2]  # the axis at the right
        assert texts["humidity"][3] < texts["21.0"][1]  # names above the lines
        html = (tmp_path / "view.html").read_text()
        assert int(re.findall(r'<svg width="(\d+)"', html)[0]) <= 406
        other = page.context.new_page()
        other.goto(f"file://{tmp_path}/view.html")
        other.set_viewport_size({"width": 390, "height": 800})
        other.mouse.move(200, 150)
        assert re.search(r"temperature2[01]\.?\d* °C", other.locator(".tip").text_content() or "")
        assert painted(part(picture(page), page, "section.number")) > 0.01
