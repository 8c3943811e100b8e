"""A pump that has read what a test gives it, to be explained."""

from __future__ import annotations

from typing import Any, Self

from stripchart.config.spec import SourceSpec, as_spec, source
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.explain import Facts, explain, gather
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump, State
from support.lines import ListSource
from support.wait import until

SERIAL = source("serial:/dev/ttyUSB0?baudrate=9600&decoder=csv", name="bench")


class Bench:
    """A pump that has read everything."""

    def __init__(self, *messages: bytes, decoder: Any = None, spec: SourceSpec = SERIAL) -> None:
        self.spec = spec
        self.hub = Hub()
        self.pump = Pump(spec.name, ListSource(messages, ends=False), decoder or AutoDecoder(), self.hub)
        self.total = sum(map(len, messages))

    def __enter__(self) -> Self:
        self.pump.start()
        until(lambda: self.pump.counts().bytes == self.total)
        until(lambda: self.pump.state is State.CONNECTED)
        return self

    def __exit__(self, *_: object) -> None:
        self.pump.stop()

    def explain(self) -> dict[str, Any]:
        return explain(self.pump, as_spec(self.spec), self.hub)

    def facts(self, **changes: Any) -> Facts:
        return gather(self.pump, as_spec(self.spec), self.hub)._replace(**changes)
