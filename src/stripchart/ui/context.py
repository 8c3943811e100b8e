"""What the page knows of the monitor around it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from stripchart.errors import ConfigError
from stripchart.flow import ledger
from stripchart.flow.controls import Controls
from stripchart.flow.events import MAX_EVENTS, Event, EventLog, notes
from stripchart.ui.catalogue import Catalogue
from stripchart.ui.past.marks import merge
from stripchart.ui.past.record import Record
from stripchart.ui.readout import READOUT_PAUSE, READOUT_SECONDS, Readout, read_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stripchart.flow.archive import Archive, Recorder
    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump
    from stripchart.ui.design import PageDesign

WORKERS: Final = 2
"""Threads that read the record for all pages together."""

Theme = Literal["system", "light", "dark"]


def _explain_none(name: str) -> dict[str, Any]:
    """Stand in where nobody explains."""
    raise KeyError(name)


class Designer(Protocol):
    """Who knows the kinds of panels, and how pages are written down: tables as a configuration has them."""

    @property
    def saves_to(self) -> str:
        """Where ``save`` writes; empty if nowhere."""
        ...

    def read(self, table: Mapping[str, Any]) -> PageDesign:
        """Build a page; ConfigError if it is wrong."""
        ...

    def kinds(self) -> list[dict[str, Any]]:
        """Describe every kind of panel, with its options."""
        ...

    def write(self, table: Mapping[str, Any]) -> str:
        """Return a page as TOML; ConfigError if it is wrong."""
        ...

    def save(self, table: Mapping[str, Any]) -> None:
        """Keep a page; ConfigError if that cannot be."""
        ...


def _no_controls(name: str) -> Controls:  # noqa: ARG001 - stands in where nobody says
    return Controls()


@dataclass
class Context:
    """The data that pages show, and how.

    Attributes
    ----------
    pumps
        The sources, in the order given; more may join while pages are open.
    window
        Seconds of the time axis that a new page shows.
    update_ms
        Milliseconds between two updates of a page, or more; see ``Pace``.
    events
        What happened to them.
    recorder
        What keeps the samples, if they are kept.
    note
        Writes a note at a time (nanoseconds) into the recording; ConfigError if it cannot. None if it would not last.
    archive
        The past beyond what memory holds, if it is kept.
    explain
        Says why a source, given by name, does or does not plot; KeyError if there is none.
    designer
        Knows the kinds of panels; without one, no viewer can change a page.
    controls
        Tells what is offered to people who send to a source, given by name.
    open_pages
        The sessions that are being fed; a set, because Bokeh 3.10 calls from several threads.
    exports
        Files that are being sent.
    refused_sessions, refused_requests
        Pages beyond ``max_sessions``, and requests that the guard did not let pass.
    """

    hub: Hub
    pumps: list[Pump]
    title: str = "Stripchart"
    window: float = 60.0
    theme: Theme = "system"
    update_ms: int = 50
    max_sessions: int = 50
    events: EventLog = field(default_factory=EventLog)
    explain: Callable[[str], dict[str, Any]] = _explain_none
    designer: Designer | None = None
    controls: Callable[[str], Controls] = _no_controls
    note: Callable[[int, str], None] | None = None
    archive: Archive | None = None
    recorder: Recorder | None = None
    open_pages: set[object] = field(default_factory=set)
    exports: int = 0
    refused_sessions: int = 0
    refused_requests: int = 0
    _readout: Readout | None = None
    _readout_took: float = 0.0
    _happened: list[Event] = field(default_factory=list)
    _last_event: int = -1

    def __post_init__(self) -> None:
        self.workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="stripchart-history")
        self.record = None if self.archive is None else Record(self.archive, self.hub, self.workers)
        self.catalogue = Catalogue(self.hub, self.record)

    def close(self) -> None:
        """Begin nothing more in the worker threads; they end with what they do."""
        self.workers.shutdown(wait=False, cancel_futures=True)

    def read_page(self, table: Mapping[str, Any]) -> PageDesign:
        """Make a page's design of a table as a configuration has it; ConfigError if it is wrong."""
        if self.designer is None:
            raise ConfigError("no panels are known here")
        return self.designer.read(table)

    @property
    def live(self) -> bool:
        """Whether anything may come; if not, pages show a recording that is finished."""
        return self.record is None or bool(self.pumps) or self.hub.channels > 0

    @property
    def sessions(self) -> int:
        """How many pages are open now."""
        return len(self.open_pages)

    def pump(self, name: str) -> Pump | None:
        """Return a source by its name, if there is one."""
        return next((pump for pump in self.pumps if pump.name == name), None)

    def ledger(self) -> dict[str, Any]:
        """Return every counter, and whether they balance."""
        recording = None if self.recorder is None else self.recorder.describe()
        return ledger.snapshot(self.pumps, self.hub, recording)

    def happened(self) -> list[Event]:
        """Return the events of this run that are marked; the same list while nothing has happened."""
        for event in (fresh := self.events.events(self._last_event)):
            self._last_event = event.number
        if fresh:
            self._happened = merge(self._happened, fresh)[-MAX_EVENTS:]
        return self._happened

    def notes(self) -> list[Event]:
        """Return the notes that people wrote, of this run and of the record, oldest first."""
        facts = self.record.facts if self.record else None
        return notes(facts.events if facts else (), self.events.events())

    def readout(self) -> Readout:
        """Return the numbers now; all pages share them.

        They are at most ``READOUT_SECONDS`` old, or with thousands of channels so long that making them stays a small
        part of the time.
        """
        readout, now = self._readout, time.monotonic()
        if readout is None or now - readout.made > max(READOUT_SECONDS, READOUT_PAUSE * self._readout_took):
            readout = self._readout = read_out(self.hub, self.pumps)
            self._readout_took = time.monotonic() - now
        return readout
