"""The composition root: builds, starts and stops everything.

>>> import stripchart
>>> monitor = stripchart.Monitor("sim:").start()       # returns at once           # doctest: +SKIP
>>> monitor.url                                                                     # doctest: +SKIP
'http://127.0.0.1:40123/'
>>> monitor.frame("sim")["temperature"][-1]                                         # doctest: +SKIP
21.4
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

from stripchart.config.recording import RecordSpec
from stripchart.config.spec import SourceLike, SourceSpec, as_spec, free_name, source
from stripchart.errors import ConfigError, StripchartError
from stripchart.flow import ledger
from stripchart.flow.events import Event, EventLog
from stripchart.flow.history import EVER, within
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump
from stripchart.frames import Frame, to_frame
from stripchart.notebook import in_notebook, in_running_loop, inline_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from bokeh.document import Document
    from numpy.typing import NDArray

    from stripchart.flow.hub import Subscription
    from stripchart.store.reading.reader import Recording
    from stripchart.store.recording.live import LiveArchive
    from stripchart.store.recording.recorder import Recorder
    from stripchart.ui.context import Theme
    from stripchart.ui.server import PageServer

__all__ = ["Monitor", "RecordSpec", "SourceLike", "SourceSpec", "source"]

log = logging.getLogger(__name__)


class Monitor:
    """Sources, their recent data, and a page in the browser that shows them.

    Works in a script (the page is served by a thread of its own), in a running asyncio or Tornado program and in
    a notebook (the page is served by their loop). Sources always read in threads of their own.

    Parameters
    ----------
    *sources
        URLs (``"serial:/dev/ttyUSB0?baudrate=115200"``), callables that return numbers, or what ``source()`` makes.
    host, port
        Where the page listens; port 0 picks a free one. Beyond loopback a token is made and part of ``url``.
    title, window, theme
        What the page is called, how many seconds it shows at first, and "system", "light" or "dark".
    token
        Asked of visitors. Without one, one is made where other machines can reach the page.
    allow_hosts
        Further host names under which the page may be asked for.
    certificate, key
        PEM files for https.
    max_sessions
        Pages that may be open at once.
    update_ms
        Milliseconds between two updates of a page.
    pages
        Further pages by path: ``{"/circles": make_document}`` with functions that fill a Bokeh ``Document``.
    record
        The file that keeps what arrives, or a ``RecordSpec`` that says more; continued if it is there. Nothing is kept
        if not given.
    recording
        A finished recording to show; there are no sources then.

    Raises
    ------
    ConfigError
        If a source or the address cannot be as asked; all mistakes are named.
    """

    def __init__(
        self,
        *sources: SourceLike,
        host: str = "127.0.0.1",
        port: int = 0,
        title: str = "Stripchart",
        window: float = 60.0,
        theme: Theme = "system",
        token: str | None = None,
        allow_hosts: Iterable[str] = (),
        certificate: str | None = None,
        key: str | None = None,
        max_sessions: int = 50,
        update_ms: int = 50,
        pages: Mapping[str, Callable[[Document], None]] | None = None,
        record: str | Path | RecordSpec | None = None,
        recording: str | Path | None = None,
    ) -> None:
        self.hub = Hub()
        self.pumps: list[Pump] = []
        self._specs: dict[str, SourceSpec] = {}
        self._events = EventLog()
        self.title = title
        self._look: dict[str, Any] = {
            "title": title,
            "window": window,
            "theme": theme,
            "max_sessions": max_sessions,
            "update_ms": update_ms,
        }
        self._pages = dict(pages or {})
        self._serving = {
            "host": host, "port": port, "token": token, "allow_hosts": tuple(allow_hosts),
            "certificate": certificate, "key": key, "pages": self._pages,
        }  # fmt: skip
        self._record = RecordSpec(record) if isinstance(record, (str, Path)) else record
        self._finished = recording
        self.recorder: Recorder | None = None
        self._archive: LiveArchive | Recording | None = None
        self._server: PageServer | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        mistakes = []
        if recording is not None and (sources or record is not None):
            mistakes.append("recording: a finished recording is shown alone, without sources and without record")
        for given in sources:
            try:
                self.add(given)
            except ConfigError as error:
                mistakes.append(str(error))
        if mistakes:
            raise ConfigError("\n".join(mistakes))

    def add(self, given: SourceLike) -> str:
        """Add a source, also while running; return its name.

        Raises
        ------
        ConfigError
            If it cannot be built, or its name is taken.
        StripchartError
            If the monitor was stopped.
        """
        with self._lock:
            self._refuse_if_stopped()
            spec = as_spec(given)
            name = spec.name
            taken = {pump.name for pump in self.pumps}
            if name in taken:
                if isinstance(given, SourceSpec) and given.name:
                    raise ConfigError(f"source {name!r}: the name is taken; give another one")
                name = free_name(name, taken)
            built, decoder = spec.build()
            pump = Pump(
                name, built, decoder, self.hub, must_start=spec.must_start, clock=spec.clock(), events=self._events
            )
            if self._server is not None:
                self._check_durable(pump)
            self._specs[name] = spec
            self.pumps.append(pump)
            if self.recorder is not None:
                self.recorder.watch(pump)
            if self._server is not None:
                pump.start()
        return name

    def start(self) -> Self:
        """Serve the page and start the sources; return at once.

        Raises
        ------
        ConfigError
            If the address is taken or may not be used.
        StripchartError
            If it is running, or was stopped.
        """
        from stripchart.ui.context import Context
        from stripchart.ui.server import PageServer

        with self._lock:
            self._refuse_if_stopped()
            if self._server is not None:
                raise StripchartError("the monitor is running already")
            self._check_durable(*self.pumps)
            self._open_record()
            kept: dict[str, Any] = {"recorder": self.recorder, "archive": self._archive}
            context = Context(self.hub, self.pumps, events=self._events, explain=self.explain, **self._look, **kept)
            try:
                server = PageServer(context, **self._serving)  # type: ignore[arg-type]
                server.start()
            except BaseException:
                self._close_record()
                raise
            self._server = server
            if self.recorder is not None:
                self.recorder.start()
            for pump in self.pumps:
                pump.start()
        return self

    def stop(self) -> None:
        """Stop the sources and the page; safe twice. A stopped monitor keeps its data, and is not started again."""
        with self._lock:
            self._stopped.set()
            for pump in self.pumps:  # all are told first, so that their last reads overlap
                pump.ask_to_stop()
            for pump in self.pumps:
                pump.stop()
            if self._server is not None:
                self._server.stop()
            if self._archive is not None:  # while somebody reads the recording, it cannot be made one file
                self._archive.close()
            if self.recorder is not None:  # last of those that read: what the pumps gave is recorded, and acknowledged
                self.recorder.stop()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for so many seconds, or without end; Ctrl-C and ``stop`` end it. What a script ends with.

        Returns
        -------
        True if the time is over and nothing else has ended it: ``while monitor.wait(1): ...``.

        Raises
        ------
        StripchartError
            In a running loop, which would be held up and may serve the page.
        """
        if in_running_loop():
            raise StripchartError("wait() would hold up the loop that runs here; await something of its own instead")
        with suppress(KeyboardInterrupt):
            return not self._stopped.wait(seconds)
        return False

    def __enter__(self) -> Self:
        self._refuse_if_stopped()
        return self if self._server is not None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the page; with the token, where one is asked."""
        return self._running().url

    def page_url(self, path: str = "/") -> str:
        """Return the address of one of the ``pages``; KeyError if there is none at that path."""
        pages = ["/", *self._pages]
        if path not in pages:
            raise KeyError(f"no page {path!r}; there are: {', '.join(pages)}")
        return urlsplit(self.url)._replace(path=path).geturl()

    @property
    def port(self) -> int:
        """The port that the page listens on."""
        return self._running().port

    def subscribe(self, streams: Iterable[str] | None = None, **options: Any) -> Subscription:
        """Queue batches for your own code; see ``Hub.subscribe``."""
        return self.hub.subscribe(streams, **options)

    def channels(self) -> list[dict[str, Any]]:
        """Return what is known of every channel, as ``GET /api/channels`` does."""
        from stripchart.ui.readout import channel_table

        return channel_table(self.hub)

    def ledger(self) -> dict[str, Any]:
        """Return every counter and whether they balance, as ``GET /api/ledger`` does."""
        recording = None if self.recorder is None else self.recorder.describe()
        return ledger.snapshot(self.pumps, self.hub, recording)

    def explain(self, name: str) -> dict[str, Any]:
        """Say why a source does or does not plot, as ``GET /api/explain`` does; see ``stripchart.explain``.

        Raises
        ------
        KeyError
            If there is no source of that name.
        """
        from stripchart.explain import explain

        spec = self._specs[name]
        return explain(next(pump for pump in self.pumps if pump.name == name), spec, self.hub)

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

    def show(self, path: str = "/", *, height: int = 620) -> Any:
        """Show a page: in the cell of a notebook, elsewhere in the browser.

        Parameters
        ----------
        path
            The monitor's own page, or one of ``pages``.
        height
            Pixels of the frame in the cell.
        """
        url = self.page_url(path)
        if in_notebook():
            return inline_frame(url, height)
        import webbrowser

        webbrowser.open(url)
        return None

    def _check_durable(self, *pumps: Pump) -> None:
        durable = [pump.name for pump in pumps if getattr(pump.source, "durable", False)]
        kept = self._record is not None if self._server is None else self.recorder is not None
        if durable and not kept:
            names = ", ".join(durable)
            raise ConfigError(f"{names}: durable: needs a recording, for only that says what is safe; give record=FILE")

    def _open_record(self) -> None:
        """Begin or continue the recording, or open the finished one."""
        if self._finished is not None:
            from stripchart.store.library.folder import find
            from stripchart.store.reading.reader import Recording

            self._archive = Recording(find(self._finished))
        elif self._record is not None:
            from stripchart.store.recording.live import LiveArchive
            from stripchart.store.recording.making import make_recorder

            self.recorder = make_recorder(self._record, self.hub, self.pumps, self._events, self.title)
            if self.recorder is not None:
                for pump in self.pumps:
                    self.recorder.watch(pump)
                self._archive = LiveArchive(self.recorder)
            elif any(getattr(pump.source, "durable", False) for pump in self.pumps):
                raise ConfigError("durable: nothing can be recorded, so nothing would be acknowledged; see the log")

    def _close_record(self) -> None:
        if self.recorder is not None:
            self.recorder.stop()
            self.recorder = None
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def _refuse_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise StripchartError("the monitor was stopped; make a new one")

    def _running(self) -> PageServer:
        if self._server is None:
            raise StripchartError("the monitor is not running; call start() first")
        return self._server
