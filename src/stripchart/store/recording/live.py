"""The past of a recording that goes on, for the page; rows are named as the hub numbers them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from stripchart.store.reading.reader import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.flow.archive import StreamRecord
    from stripchart.flow.events import Event
    from stripchart.flow.records import Batch
    from stripchart.flow.reduce import Rows
    from stripchart.store.recording.recorder import Recorder


class LiveArchive:
    """An ``Archive`` over the file that a recorder writes; see ``flow.archive``."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._recording: Recording | None = None
        self._opened = 0
        self._lock = threading.Lock()

    def streams(self) -> Sequence[StreamRecord]:
        """Describe every stream."""
        return self._read().streams()

    def picture(
        self,
        stream: str,
        channels: Sequence[str],
        start_ns: int,
        stop_ns: int,
        bucket_ns: int,
        *,
        before_row: int | None = None,
    ) -> list[Rows]:
        """Return what there is to draw."""
        row = self._row(stream, before_row)
        return self._read().picture(stream, channels, start_ns, stop_ns, bucket_ns, before_row=row)

    def batches(
        self,
        stream: str,
        start_ns: int,
        stop_ns: int,
        *,
        channels: Sequence[str] | None = None,
        before_row: int | None = None,
    ) -> Iterator[Batch]:
        """Yield the rows."""
        row = self._row(stream, before_row)
        return self._read().batches(stream, start_ns, stop_ns, channels=channels, before_row=row)

    def events(self, start_ns: int, stop_ns: int) -> list[Event]:
        """Return what happened."""
        return self._read().events(start_ns, stop_ns)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._recording is not None:
                self._recording.close()
                self._recording = None

    def _row(self, stream: str, hub_row: int | None) -> int | None:
        if hub_row is None:
            return None
        before = self._recorder.rows(stream)  # asked first: if nothing is recorded in this run yet, all of it is older
        row = self._recorder.renumbering.row_of(stream, hub_row)
        return before if row is None else row

    def _read(self) -> Recording:
        """Return the recording; the recorder may have begun another one."""
        with self._lock:
            if self._recording is None or self._opened != self._recorder.opened:
                if self._recording is not None:
                    self._recording.close()
                self._opened = self._recorder.opened
                self._recording = Recording(self._recorder.path)
            return self._recording
