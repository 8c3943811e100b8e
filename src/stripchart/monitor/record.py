"""What a monitor keeps of what arrives, or the finished recording that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stripchart.config.recording import RecordSpec
from stripchart.errors import ConfigError
from stripchart.flow.events import NOTE, as_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.events import EventLog
    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump
    from stripchart.store.reading.reader import Recording
    from stripchart.store.recording.live import LiveArchive
    from stripchart.store.recording.recorder import Recorder


class Record:
    """The recording of a monitor, if it has one.

    Parameters
    ----------
    kept
        Where what arrives is kept.
    finished
        Instead, a recording to show.

    Attributes
    ----------
    recorder
        What keeps it; None until it is opened, and if nothing is kept.
    archive
        What the page reads as the past; likewise.
    """

    def __init__(self, kept: str | Path | RecordSpec | None, finished: str | Path | None) -> None:
        self.recorder: Recorder | None = None
        self.archive: LiveArchive | Recording | None = None
        self._spec = RecordSpec(kept) if isinstance(kept, (str, Path)) else kept
        self._finished = finished

    def open(self, hub: Hub, pumps: Sequence[Pump], events: EventLog, title: str) -> None:
        """Begin or continue the recording, or open the finished one.

        Raises
        ------
        ConfigError
            If it cannot be, though it was asked for by name or a source needs it.
        """
        if self._spec is None:
            self.refuse_durable(*pumps)
        if self._finished is not None:
            from stripchart.store.library.folder import find
            from stripchart.store.reading.reader import Recording

            self.archive = Recording(find(self._finished))
        elif self._spec is not None:
            from stripchart.store.recording.live import LiveArchive
            from stripchart.store.recording.making import make_recorder

            self.recorder = make_recorder(self._spec, hub, pumps, events, title)
            if self.recorder is not None:
                for pump in pumps:
                    self.recorder.watch(pump)
                self.archive = LiveArchive(self.recorder)
            elif _durable(*pumps):
                raise ConfigError("durable: nothing can be recorded, so nothing would be acknowledged; see the log")

    def refuse_durable(self, *pumps: Pump) -> None:
        """Raise ConfigError if nothing is kept, but some of these promise that it is."""
        names = ", ".join(_durable(*pumps))
        if names and self.recorder is None:
            raise ConfigError(f"{names}: durable: needs a recording, for only that says what is safe; give record=FILE")

    @property
    def takes_notes(self) -> bool:
        """Whether a note would last."""
        return self.archive is not None

    def note(self, events: EventLog, time_ns: int, text: str) -> None:
        """Write a note at a time into the recording, and among the events, from where the recorder takes it.

        Raises
        ------
        ConfigError
            If nothing is recorded, the text is too long, or too many came at once.
        """
        if not self.takes_notes:
            raise ConfigError("note: nothing is recorded here, so it would not last; start with a recording")
        time_ns, text = as_note(time_ns, text)
        if self.recorder is None and self._finished is not None:
            from stripchart.store.library.annotate import add_note
            from stripchart.store.library.folder import find

            add_note(find(self._finished), time_ns, text)
        if not events.post(time_ns, "", NOTE, text):
            raise ConfigError("note: too many at once; try again in a moment")

    def close(self) -> None:
        """Record what is queued, and let go of the file; safe twice.

        Stop the pumps first: what they gave is recorded, and acknowledged.
        """
        if self.archive is not None:  # while somebody reads the recording, it cannot be made one file
            self.archive.close()
        if self.recorder is not None:
            self.recorder.stop()

    def undo(self) -> None:
        """Close it as if it had never been opened."""
        self.close()
        self.recorder = self.archive = None


def _durable(*pumps: Pump) -> list[str]:
    return [pump.name for pump in pumps if getattr(pump.source, "durable", False)]
