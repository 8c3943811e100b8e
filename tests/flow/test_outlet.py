from __future__ import annotations

from stripchart.flow.hub import Hub
from stripchart.flow.outlet import Outlet
from stripchart.flow.records import Channel, make_batch


def test_streams_get_their_names_and_gaps_and_what_is_refused_is_counted() -> None:
    hub = Hub(max_channels=2)
    queue = hub.subscribe()
    told: list[tuple[str, str]] = []
    outlet = Outlet("bench", hub, lambda kind, text: told.append((kind, text)))

    def publish(stream: str, epoch: int, *, gap: bool = False) -> None:
        outlet.publish(make_batch(stream, (Channel("x"),), [1], [[1.0]], gap=gap), epoch)

    publish("", 1)
    publish("imu", 1, gap=True)
    publish("", 2)
    publish("", 2)
    publish("new", 2)
    assert [(batch.stream, batch.gap) for batch in queue.drain().batches] == [
        ("bench", False), ("bench/imu", True), ("bench", True), ("bench", False),
    ]  # fmt: skip
    assert (outlet.samples, outlet.refused) == (4, 1)
    assert [kind for kind, _ in told] == ["gap", "limit"]
    assert told[0] == ("gap", "something is missing in bench/imu")
