"""Sources, their data and the page: built, started and stopped together."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stripchart.config.layouts import Layouts
from stripchart.config.names import free_name
from stripchart.config.pages import part_pages
from stripchart.config.secrets import redact_line
from stripchart.config.spec import SourceSpec, as_spec
from stripchart.errors import ConfigError, StripchartError
from stripchart.flow import ledger
from stripchart.flow.pump import Pump
from stripchart.monitor.data import MonitorData
from stripchart.monitor.record import Record
from stripchart.notebook import in_notebook, in_running_loop, inline_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from bokeh.document import Document

    from stripchart.config.recording import RecordSpec
    from stripchart.config.spec import SourceLike
    from stripchart.store.reading.instants import Instant
    from stripchart.store.recording.recorder import Recorder
    from stripchart.ui.context import Theme
    from stripchart.ui.serving.server import PageServer


class Monitor(MonitorData):
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
    control, control_token
        Whether visitors may send commands to devices, and the token that this takes instead of ``token``; made where
        ``token`` is asked and none is given.
    allow_hosts
        Further host names under which the page may be asked for.
    certificate, key
        PEM files for https.
    max_sessions
        Pages that may be open at once.
    update_ms
        Milliseconds between two updates of a page; more where it draws many lines, or its updates take long.
    pages
        Pages by path: what a page of the monitor's own shows, as a table like ``[[page]]`` of a configuration
        (``{"/": {"panel": [{"kind": "histogram", "channels": ["bench/*"]}]}}``); or a function that fills a Bokeh
        ``Document``.
    layout
        A TOML file of pages, which are edited and saved in the browser; it wins over ``pages``, and need not be there
        yet.
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
        control: bool = False,
        control_token: str | None = None,
        allow_hosts: Iterable[str] = (),
        certificate: str | None = None,
        key: str | None = None,
        max_sessions: int = 50,
        update_ms: int = 50,
        pages: Mapping[str, Callable[[Document], None] | Mapping[str, Any]] | None = None,
        layout: str | Path | None = None,
        record: str | Path | RecordSpec | None = None,
        recording: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.title = title
        self._look: dict[str, Any] = {
            "title": title,
            "window": window,
            "theme": theme,
            "max_sessions": max_sessions,
            "update_ms": update_ms,
        }
        self._layouts = Layouts(layout)
        documents, given_designs = part_pages(pages or {})
        designs = {design.path: design for design in (*given_designs, *self._layouts.designs)}
        self._paths = dict.fromkeys(["/", *designs, *documents])
        self._serving = {
            "host": host, "port": port, "token": token, "allow_hosts": tuple(allow_hosts),
            "control": control, "control_token": control_token, "certificate": certificate, "key": key,
            "pages": documents, "designs": tuple(designs.values()),
        }  # fmt: skip
        self._record = Record(record, recording)
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
                name, built, decoder, self.hub,
                must_start=spec.must_start, clock=spec.clock(), events=self._events, conceal=redact_line,
            )  # fmt: skip
            if self._server is not None:
                self._record.refuse_durable(pump)
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
        from stripchart.ui.serving.server import PageServer

        with self._lock:
            self._refuse_if_stopped()
            if self._server is not None:
                raise StripchartError("the monitor is running already")
            self._record.open(self.hub, self.pumps, self._events, self.title)
            kept: dict[str, Any] = {"recorder": self.recorder, "archive": self._record.archive}
            doing: dict[str, Any] = {"explain": self.explain, "controls": self._controls, "designer": self._layouts}
            if self._record.takes_notes:
                doing["note"] = partial(self._record.note, self._events)
            context = Context(self.hub, self.pumps, events=self._events, **doing, **self._look, **kept)
            try:
                server = PageServer(context, **self._serving)  # type: ignore[arg-type]
                server.start()
            except BaseException:
                self._record.undo()
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
            self._record.close()

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
    def recorder(self) -> Recorder | None:
        """What keeps what arrives; None until the monitor is started, and if nothing is kept."""
        return self._record.recorder

    @property
    def url(self) -> str:
        """Address of the page; with the token, where one is asked."""
        return self._running().url

    @property
    def control_url(self) -> str:
        """Address of the page for those who may send commands; empty if nobody may."""
        return self._running().control_url

    def page_url(self, path: str = "/") -> str:
        """Return the address of one of the ``pages``; KeyError if there is none at that path."""
        if path not in self._paths:
            raise KeyError(f"no page {path!r}; there are: {', '.join(self._paths)}")
        return urlsplit(self.url)._replace(path=path).geturl()

    @property
    def port(self) -> int:
        """The port that the page listens on."""
        return self._running().port

    def note(self, text: str, at: Instant | None = None) -> None:
        """Write a note into the recording, which pages mark at its time.

        Parameters
        ----------
        text
            At most 500 characters. It takes the place of a note that is at exactly this time; empty, it takes it away.
        at
            Nanoseconds since 1970, a datetime, or a text as ``stripchart export --from`` takes it; now if not given.

        Raises
        ------
        ConfigError
            If nothing is recorded, or text or time cannot be as given.
        """
        from stripchart.store.reading.instants import to_ns

        self._running()
        now = time.time_ns()
        self._record.note(self._events, now if at is None else to_ns(at, now), text)

    def ledger(self) -> dict[str, Any]:
        """Return every counter and whether they balance, as ``GET /api/ledger`` does."""
        recording = None if self.recorder is None else self.recorder.describe()
        return ledger.snapshot(self.pumps, self.hub, recording)

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

    def _refuse_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise StripchartError("the monitor was stopped; make a new one")

    def _running(self) -> PageServer:
        if self._server is None:
            raise StripchartError("the monitor is not running; call start() first")
        return self._server
