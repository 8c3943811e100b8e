"""Panels that are written: what stands on the page is held against what was published, sent and counted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from stripchart.flow.records import Channel, Kind, make_batch
from support.hostile import MARKUP
from support.panels import CHANNELS, watched
from support.wait import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from stripchart import Monitor
    from support.broker import Broker
    from support.pty import PtyDevice

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HOSTILE = MARKUP[2]
FILLED = """(at) => {
  const svg = document.querySelectorAll(".gauges svg")[at];
  return svg.querySelector(".fill").getTotalLength() / svg.querySelector(".track").getTotalLength();
}"""
CELLS = "Array.from({rows}, (row) => Array.from(row.cells, (cell) => cell.textContent))"
ROWS = CELLS.replace("{rows}", "document.querySelectorAll('.channels tbody tr:not(.space)')")
ACCOUNTS = f"(at) => {CELLS.replace('{rows}', 'document.querySelectorAll(`.ledger tbody`)[at].rows')}"
SAID = "Array.from(document.querySelectorAll('.lines .text'), (each) => each.textContent)"
TALK = """Array.from(
  document.querySelectorAll(".talk .lines li"), (row) => [row.className, row.querySelector(".text").textContent])"""


def test_gauges_point_at_the_newest_values(page: Page) -> None:
    panel = {"kind": "gauge", "channels": ["bench/temperature", "bench/humidity", "old/*"], "high": 80, "minimum": 0}
    with watched(page, panel) as monitor:
        channel = Channel(HOSTILE, expires=1.0)
        monitor.hub.publish(make_batch("old", (channel,), [time.time_ns() - 5_000_000_000], [[40.0]]))
        page.wait_for_function("document.querySelectorAll('.gauges figure').length === 3")
        meters = page.get_by_role("meter")
        expect(meters.nth(0)).to_have_attribute("aria-valuetext", "21.99 °C good")
        expect(meters.nth(1)).to_have_attribute("aria-valuetext", "99.5 % warning")
        expect(meters.nth(2)).to_have_attribute("aria-label", HOSTILE)
        for place, level in enumerate(("good", "warning", "good stale")):
            expect(meters.nth(place)).to_have_class(level)
        assert page.evaluate("window.pwned") is None
        assert page.locator(".gauges img").count() == 0
        assert page.locator(".gauges svg").nth(1).locator(".number").text_content() == "99.5"
        assert page.evaluate(FILLED, 1) == pytest.approx(99.5 / 100, abs=0.01)
        assert page.locator(".gauges svg").nth(0).locator(".zones path").count() == 2
        monitor.hub.publish(make_batch("bench", CHANNELS, [time.time_ns()], [[-3.0], [25.0], [1.0]]))
        page.wait_for_function("document.querySelector('[role=meter]').ariaValueNow === '-3'")
        assert [page.evaluate(FILLED, place) for place in (0, 1)] == pytest.approx([0, 0.25], abs=0.01)
        assert meters.nth(1).get_attribute("class") == "good"


def test_a_table_of_hundreds_is_sorted_and_searched(page: Page) -> None:
    with watched(page, {"kind": "table", "height": 4}) as monitor:
        values = np.arange(300.0)
        channels = (*(Channel(f"cell {place}", "V") for place in range(299)), Channel(HOSTILE, "V"))
        now = time.time_ns()
        monitor.hub.publish(
            make_batch("pack", channels, [now - 3_000_000_000, now], [[value, 3 * value] for value in values])
        )
        page.wait_for_function("document.querySelector('.found')?.textContent === '303 channels'")
        page.wait_for_function(f"({ROWS})[0][1] === '21.99 °C' && ({ROWS})[0][2] === '20'")
        first = page.evaluate(ROWS)[0]
        assert first[:5] == ["bench temperature", "21.99 °C", "20", "21.99", "20.995"]
        assert first[5] == "20 Hz"
        assert len(page.evaluate(ROWS)) < 60
        assert page.locator(".channels .trend path").first.get_attribute("d").count("L") >= 4
        page.get_by_role("button", name="Max").click()
        page.wait_for_function(f"({ROWS})[0][3] === '9549.9'")  # bench/light, before the cells of the pack
        page.wait_for_function(f"({ROWS})[1][1] === '897 V' && ({ROWS})[2][1] === '894 V'")
        assert page.evaluate(ROWS)[1][0] == f"pack {HOSTILE}"
        assert page.evaluate("document.querySelectorAll('.channels img').length") == 0
        assert page.locator(".channels [aria-sort]").get_attribute("aria-sort") == "descending"
        page.get_by_role("button", name="Max").click()
        page.wait_for_function(f"({ROWS})[0][0] === 'pack cell 0'")
        page.get_by_role("searchbox", name="Find a channel").fill("PACK 29")
        page.wait_for_function("document.querySelector('.found').textContent === '12 of 303'")
        page.locator(".panel .body").evaluate("(body) => body.scrollTo(0, body.scrollHeight)")
        page.wait_for_function(f"({ROWS}).at(-1)[0] === 'pack cell 298'")
        monitor.hub.publish(make_batch("pack", channels, [now + 1], [[-1.0]] * 300))
        page.wait_for_function(f"({ROWS}).at(-1)[1] === '-1 V' && ({ROWS}).at(-1)[3] === '894'")


def test_a_log_follows_until_somebody_looks_back(page: Page) -> None:
    text = (Channel("text", kind=Kind.TEXT),)

    def say(monitor: Monitor, *texts: str) -> None:
        monitor.hub.publish(make_batch("bench/log", text, time.time_ns() + np.arange(len(texts)), [list(texts)]))

    with watched(page, {"kind": "log", "height": 2}, sources=["tcp://127.0.0.1:9"]) as monitor:
        say(monitor, *(f"line {number}" for number in range(60)), HOSTILE, HOSTILE)
        page.wait_for_function(f"({SAID}).at(-1) === {HOSTILE!r}")
        assert page.locator(".lines img").count() == 0
        assert page.locator(".lines li:last-child small").text_content() == "\N{MULTIPLICATION SIGN} 2"
        say(monitor, HOSTILE)
        page.locator(".lines li:last-child small").get_by_text("\N{MULTIPLICATION SIGN} 3").wait_for()
        (house,) = monitor.ledger()["sources"]
        assert page.locator(".lines .event.waiting b").first.text_content() == house
        lines = page.get_by_role("log")
        at_end = "(list) => list.scrollTop + list.clientHeight >= list.scrollHeight - 2"
        assert lines.evaluate(at_end)
        lines.evaluate("(list) => list.scrollTo(0, 0)")
        button = page.locator(".newest")
        button.get_by_text("Newest").wait_for()
        before = page.evaluate(SAID)
        say(monitor, "one more", "and another")
        button.get_by_text("2 newer").wait_for()
        assert page.evaluate(SAID) == before
        button.click()
        page.wait_for_function(f"({SAID}).at(-1) === 'and another'")
        assert lines.evaluate(at_end)
        page.get_by_role("searchbox", name="Find lines").fill("LINE 5")
        page.wait_for_function(f"({SAID}).length === 15")
        assert page.evaluate(SAID) == [f"line {number}" for number in range(60) if "5" in str(number)]
        page.get_by_role("searchbox", name="Find lines").fill(house)
        page.wait_for_function(
            "document.querySelectorAll('.lines li').length && !document.querySelector('.lines li:not(.event)')"
        )


def test_a_console_talks_to_a_device(page: Page, pty_device: PtyDevice) -> None:
    source = f"serial:{pty_device.path}?decoder=csv"
    name = pty_device.path.name
    with (
        watched(page, {"kind": "console", "height": 4}, sources=[source], control=True, expected="400") as monitor,
        pty_device.answering(lambda line: b"you said " + line.strip() + b"\r\n") as heard,
    ):
        page.wait_for_selector("#sources [data-state=connected]")
        expect(page.get_by_role("combobox", name="Source")).to_have_value(name)
        line = page.get_by_role("textbox", name=f"Send to {name}")
        line.fill("rate 10")
        line.press("Enter")
        page.wait_for_function(f'JSON.stringify({TALK}) === \'[["out","rate 10"],["in","you said rate 10"]]\'')
        assert heard == [b"rate 10"]
        page.get_by_role("combobox", name="What follows the line").select_option("CR LF")
        page.wait_for_function("document.querySelector('.talk .line').value === ''")
        line.fill(HOSTILE)
        line.press("Enter")
        page.wait_for_function(f"({TALK}).at(-1)[1] === 'you said ' + {HOSTILE!r}")
        assert heard == [b"rate 10", HOSTILE.encode() + b"\r"]
        assert page.locator(".talk img").count() == 0
        page.wait_for_function("document.querySelector('.talk .line').value === ''")
        for key, expected in (("ArrowUp", HOSTILE), ("ArrowUp", "rate 10"), ("ArrowDown", HOSTILE), ("ArrowDown", "")):
            line.press(key)
            assert line.input_value() == expected
        page.get_by_role("button", name="Hex").click()
        assert page.evaluate(TALK)[0] == ["out", b"rate 10\n".hex(" ")]
        page.get_by_role("combobox", name="What follows the line").select_option("hex bytes")
        line.fill("01 0z")
        line.press("Enter")
        page.get_by_text("expected pairs of hexadecimal digits").wait_for()
        line.fill("68 69 0a")
        line.press("Enter")
        answer = b"you said hi\r\n".hex(" ")
        page.wait_for_function(f"({TALK}).at(-1)[1] === {answer!r}")
        assert heard[-1] == b"hi"
        page.get_by_role("button", name="Release").click()
        page.get_by_role("button", name="Take back").wait_for()
        assert monitor.ledger()["sources"][name]["state"] == "released"
        page.get_by_role("button", name="Take back").click()
        page.get_by_role("button", name="Release").wait_for()
        page.get_by_role("button", name=name, exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Console").click()
        dialog.locator(".talk .text").get_by_text("you said rate 10").wait_for()


@pytest.mark.broker
def test_a_console_publishes_to_a_topic(page: Page, broker: Broker) -> None:
    with watched(
        page, {"kind": "console", "height": 3}, sources=[f"{broker.url}/lamp/#"], control=True, expected="400"
    ):
        page.wait_for_selector("#sources [data-state=connected]")
        page.get_by_role("textbox", name="Topic").fill("lamp/set")
        page.get_by_role("textbox", name="Send to").fill('{"state": "ON"}')
        page.get_by_role("button", name="Send").click()
        # The broker hands it to us too, for we listen there.
        page.wait_for_function(f"({TALK}).map(([way]) => way).join() === 'out,in'")
        assert page.evaluate(TALK)[1] == ["in", '{"state": "ON"}']
        assert page.locator(".talk .lines b").all_text_contents() == ["lamp/set"] * 2
        page.get_by_role("textbox", name="Topic").fill("lamp/#")
        page.get_by_role("textbox", name="Send to").fill("x")
        page.get_by_role("button", name="Send").click()
        page.locator(".talk .said.wrong").get_by_text("wildcards").wait_for()


def test_who_may_only_watch_sees_no_line_to_send(page: Page, pty_device: PtyDevice) -> None:
    panel = {"kind": "console", "source": pty_device.path.name, "hex": True}
    with watched(page, panel, sources=[f"serial:{pty_device.path}?decoder=csv"]) as monitor:
        until(lambda: monitor.ledger()["sources"][panel["source"]]["state"] == "connected", page=page)
        pty_device.write(b"1,2\r\n")
        page.locator(".talk .text").get_by_text("31 2c 32 0d 0a").wait_for()
        assert page.locator(".talk :is(input, select, .port):visible").count() == 0
        sending = {"source": panel["source"], "text": "go"}
        answer = page.request.post(f"{monitor.url}api/send", data=sending)
        assert answer.status == 403
        assert pty_device.read(1, timeout=0.2) == b""


def test_the_health_is_the_ledger_and_asked_for_only_where_it_is_seen(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "api/ledger" in request.url else None)
    panels: list[dict[str, Any]] = [{"kind": "table", "height": 12}, {"kind": "health", "height": 4}]
    with watched(page, *panels, sources=["tcp://127.0.0.1:9"]) as monitor:
        page.wait_for_selector(".channels tbody tr:not(.space)")
        page.wait_for_timeout(300)
        assert asked == []
        page.locator(".verdict").scroll_into_view_if_needed()
        page.wait_for_selector(".verdict[data-balanced=true]")
        monitor.hub.publish(make_batch("bench", CHANNELS, [time.time_ns()], [[1.0], [2.0], [3.0]]))
        page.wait_for_function(f"({ACCOUNTS})(1).join() === 'session,3,3,0,0'")
        ledger = monitor.ledger()
        account = ledger["subscriptions"]["session"]
        assert [account[name] for name in ("published", "delivered", "lost", "queued")] == [3, 3, 0, 0]
        (house,) = page.evaluate(ACCOUNTS, 0)
        assert house[:3] == [*ledger["sources"], "waiting", "0"]
        for look_away in (
            "scrollTo(0, 0)",
            "Object.defineProperty(document, 'hidden', {value: true})",
        ):
            page.locator(".verdict").scroll_into_view_if_needed()
            page.wait_for_timeout(100)
            page.evaluate(look_away)
            page.wait_for_timeout(200)
            asked.clear()
            page.wait_for_timeout(1200)
            assert asked == []
