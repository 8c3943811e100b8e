"""What a monitor has, as Python code sees it: recent data, counters, and what happened."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, overload

from stripchart.flow.events import Event, EventLog
from stripchart.flow.history import EVER, within
from stripchart.flow.hub import Hub
from stripchart.frames import Frame, to_frame
from stripchart.monitor.device import Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from stripchart.config.spec import SourceSpec
    from stripchart.flow.controls import Controls
    from stripchart.flow.hub import Subscription
    from stripchart.flow.pump import Pump


class MonitorData:
    """The data of a ``Monitor``."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.pumps: list[Pump] = []
        self._specs: dict[str, SourceSpec] = {}
        self._events = EventLog()

    def subscribe(self, streams: Iterable[str] | None = None, **options: Any) -> Subscription:
        """Queue batches for your own code; see ``Hub.subscribe``."""
        return self.hub.subscribe(streams, **options)

    def channels(self) -> list[dict[str, Any]]:
        """Return what is known of every channel, as ``GET /api/channels`` does."""
        from stripchart.ui.readout import channel_table

        return channel_table(self.hub)

    def explain(self, name: str) -> dict[str, Any]:
        """Say why a source does or does not plot, as ``GET /api/explain`` does; see ``stripchart.explain``.

        Raises
        ------
        KeyError
            If there is no source of that name.
        """
        from stripchart.explain import explain

        spec = self._specs[name]
        return explain(self._pump(name), spec, self.hub)

    def device(self, name: str) -> Device:
        """Return the other side of a source, to talk to; KeyError if there is none of that name."""
        return Device(self._pump(name), self._controls(name))

    def events(self, after: int = -1) -> list[Event]:
        """Return what happened besides samples, oldest first: connections, losses, gaps, steps of clocks.

        Parameters
        ----------
        after
            Only events with a greater number than this, such as the last one seen.
        """
        return self._events.events(after)

    @overload
    def frame(
        self, stream: str, *, seconds: float | None = None, kind: Literal["numpy"] = "numpy"
    ) -> dict[str, NDArray[Any]]: ...

    @overload
    def frame(
        self, stream: str, *, seconds: float | None = None, kind: Literal["pandas", "polars", "arrow"]
    ) -> Any: ...

    def frame(
        self,
        stream: str,
        *,
        seconds: float | None = None,
        kind: Literal["numpy", "pandas", "polars", "arrow"] = "numpy",
    ) -> Frame:
        """Return the recent data of a stream.

        Parameters
        ----------
        stream
            Its name: a source's, or ``source/topic``.
        seconds
            Only the newest so many; all that memory holds if not given.
        kind
            "numpy": a dict with ``time`` (datetime64[ns], UTC, shape (n,)) and one array of shape (n,) a channel;
            "pandas": a DataFrame with a UTC DatetimeIndex; "polars": a DataFrame with a ``time`` column;
            "arrow": a Table likewise.

        Raises
        ------
        KeyError
            If there is no such stream (yet).
        ConfigError
            If pandas or polars is not installed.
        """
        start_ns = 0 if seconds is None else time.time_ns() - int(seconds * 1e9)
        try:
            batch, _ = self.hub.read(stream, start_ns)
        except KeyError:
            known = ", ".join(info.name for info in self.hub.streams()) or "none yet"
            raise KeyError(f"no stream {stream!r}; there are: {known}") from None
        return to_frame(within(batch, start_ns, EVER), kind)

    def _pump(self, name: str) -> Pump:
        for pump in self.pumps:
            if pump.name == name:
                return pump
        raise KeyError(name)

    def _controls(self, name: str) -> Controls:
        return self._specs[name].controls
