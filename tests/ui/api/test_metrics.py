from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump, State
from stripchart.flow.records import Channel, make_batch
from stripchart.ui.api.metrics import render_metrics
from stripchart.ui.context import Context
from support.lines import ListSource, ValueDecoder
from support.page import serve
from support.wait import until

NAMES = {
    "stripchart_source_up", "stripchart_source_bytes_total", "stripchart_source_frames_total",
    "stripchart_source_samples_total", "stripchart_source_reconnects_total", "stripchart_subscription_samples_total",
    "stripchart_subscription_queued", "stripchart_sessions", "stripchart_channels",
    "stripchart_refused_sessions_total", "stripchart_refused_requests_total", "stripchart_source_redelivered_total",
    "stripchart_source_commands_total",
}  # fmt: skip


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(found: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_it_tells_what_the_ledger_tells() -> None:
    hub = Hub()
    pump = Pump("list", ListSource([b"1", b"22", b"no", b"no"]), ValueDecoder(), hub)
    subscription = hub.subscribe(name="mine")
    pump.start()
    until(lambda: pump.state is State.ENDED)
    subscription.drain(1)
    found = samples(render_metrics(Context(hub, [pump])).decode())
    assert {name for name, _ in found} == NAMES
    assert one(found, "stripchart_source_up", source="list") == 0
    assert one(found, "stripchart_source_bytes_total", source="list") == 7
    assert one(found, "stripchart_source_frames_total", source="list", outcome="decoded", reason="") == 2
    assert one(found, "stripchart_source_frames_total", source="list", outcome="rejected", reason="not a number") == 2
    assert one(found, "stripchart_source_samples_total", source="list") == 2
    assert one(found, "stripchart_source_reconnects_total", source="list") == 0
    assert one(found, "stripchart_source_commands_total", source="list", outcome="sent") == 0
    account = {
        outcome: one(found, "stripchart_subscription_samples_total", subscription="mine", outcome=outcome)
        for outcome in ("published", "delivered", "lost")
    }
    assert account == {"published": 2, "delivered": 1, "lost": 0}
    assert one(found, "stripchart_subscription_queued", subscription="mine") == 1
    assert one(found, "stripchart_channels") == 1
    pump.stop()


def test_events_are_counted_by_kind() -> None:
    context = Context(Hub(), [])
    for _ in range(1000):
        context.events.post(1, "bench", "clock", "stepped")
    found = samples(render_metrics(context).decode())
    assert one(found, "stripchart_events_total", source="bench", kind="clock") == 1000


def test_a_source_that_is_connected_is_up() -> None:
    pump = Pump("list", ListSource([], ends=False), ValueDecoder(), Hub())
    pump.start()
    until(lambda: pump.state is State.CONNECTED)
    assert one(samples(render_metrics(Context(Hub(), [pump])).decode()), "stripchart_source_up", source="list") == 1
    pump.stop()


def test_any_name_is_a_label() -> None:
    hub = Hub()
    name = 'a"b\\c\nd{}=,☂'
    pump = Pump(name, ListSource([]), ValueDecoder(), hub)
    hub.subscribe(name=name)
    found = samples(render_metrics(Context(hub, [pump])).decode())
    assert one(found, "stripchart_source_up", source=name) == 0
    assert one(found, "stripchart_subscription_queued", subscription=name) == 0


def test_the_page_has_the_type_that_prometheus_wants_and_counts_refusals() -> None:
    with serve(look={"max_sessions": 1}) as site:
        site.hub.publish(make_batch("s", (Channel("a"), Channel("b")), [1], [[1], [2]]))
        site.ask("/", {"Host": "evil.com"})
        site.ask("/")
        site.ask("/")
        answer = site.ask("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = samples(answer.text)
    assert one(found, "stripchart_channels") == 2
    assert one(found, "stripchart_refused_requests_total") == 1
    assert one(found, "stripchart_refused_sessions_total") == 1
    assert one(found, "stripchart_sessions") == 0
