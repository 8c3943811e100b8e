"""The ledger in the Prometheus text format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stripchart.flow.pump import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripchart.ui.context import Context

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _LedgerCollector(Collector):
    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        account = self._context.ledger()
        yield from _source_metrics(account["sources"])
        samples = CounterMetricFamily(
            "stripchart_subscription_samples", "Samples by what became of them.", labels=["subscription", "outcome"]
        )
        queued = GaugeMetricFamily("stripchart_subscription_queued", "Samples waiting.", labels=["subscription"])
        for name, counts in account["subscriptions"].items():
            for outcome in ("published", "delivered", "lost"):
                samples.add_metric([name, outcome], counts[outcome])
            queued.add_metric([name], counts["queued"])
        yield samples
        yield queued
        if account["recording"] is not None:
            recorded = CounterMetricFamily(
                "stripchart_recording_samples", "Samples by what became of them.", labels=["outcome"]
            )
            for outcome in ("published", "stored", "lost"):
                recorded.add_metric([outcome], account["recording"][outcome])
            yield recorded
            yield GaugeMetricFamily(
                "stripchart_recording_queued", "Samples not safe yet.", value=account["recording"]["queued"]
            )
            yield GaugeMetricFamily(
                "stripchart_recording_bytes", "Size of the file.", value=account["recording"]["bytes"]
            )
        context = self._context
        events = CounterMetricFamily("stripchart_events", "Events by kind.", labels=["source", "kind"])
        for labels, total in context.events.totals().items():
            events.add_metric(labels, total)
        yield events
        yield GaugeMetricFamily("stripchart_sessions", "Pages that are open.", value=context.sessions)
        yield CounterMetricFamily(
            "stripchart_refused_sessions", "Pages beyond the limit.", value=context.refused_sessions
        )
        yield CounterMetricFamily(
            "stripchart_refused_requests", "Requests that the guard did not let pass.", value=context.refused_requests
        )
        yield GaugeMetricFamily(
            "stripchart_channels", "Channels seen.", value=sum(len(s.channels) for s in context.hub.streams())
        )


def _source_metrics(sources: dict[str, dict[str, object]]) -> Iterator[Metric]:
    up = GaugeMetricFamily("stripchart_source_up", "Whether the source is connected.", labels=["source"])
    counters = {
        key: CounterMetricFamily(f"stripchart_source_{key}", text, labels=["source"])
        for key, text in (
            ("bytes", "Bytes received."),
            ("samples", "Samples published."),
            ("reconnects", "Losses mended."),
            ("redelivered", "Messages that were sent again."),
        )
    }
    frames = CounterMetricFamily(
        "stripchart_source_frames", "Frames by outcome.", labels=["source", "outcome", "reason"]
    )
    commands = CounterMetricFamily(
        "stripchart_source_commands", "Commands by what became of them.", labels=["source", "outcome"]
    )
    for name, source in sources.items():
        commands.add_metric([name, "sent"], source["commands_sent"])  # type: ignore[arg-type]
        commands.add_metric([name, "dropped"], source["commands_dropped"])  # type: ignore[arg-type]
        up.add_metric([name], source["state"] == State.CONNECTED)
        for key, counter in counters.items():
            counter.add_metric([name], source[key])  # type: ignore[arg-type]
        frames.add_metric([name, "decoded", ""], source["decoded"])  # type: ignore[arg-type]
        for reason, count in source["rejected"].items():  # type: ignore[attr-defined]
            frames.add_metric([name, "rejected", reason], count)
    yield up
    yield from counters.values()
    yield frames
    yield commands


def render_metrics(context: Context) -> bytes:
    """Return the metrics page; the registry is our own, so nothing of the process around us appears."""
    registry = CollectorRegistry()
    registry.register(_LedgerCollector(context))
    return generate_latest(registry)
