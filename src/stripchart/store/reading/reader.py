"""A recording, read: by any number of readers, in this process and in others, while it is written or afterwards."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stripchart.errors import DamagedError
from stripchart.flow.archive import StreamRecord
from stripchart.flow.events import Event
from stripchart.flow.records import Batch, Kind
from stripchart.store.format.parts import size_of
from stripchart.store.reading import shape
from stripchart.store.reading.about import About, check_tables, read_about
from stripchart.store.reading.access import Access
from stripchart.store.reading.cover import cover
from stripchart.store.reading.frame import read_frame
from stripchart.store.reading.pages import EVER, Pages
from stripchart.store.reading.pieces import to_batches, within
from stripchart.store.reading.raw import read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk
    from stripchart.flow.reduce import Rows
    from stripchart.frames import Frame
    from stripchart.store.reading.instants import Instant
    from stripchart.store.reading.shape import Summary


class Recording:
    """A file of samples. Safe from any thread; what is damaged is left out, and told in ``problems``.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    problems
        Damage that was met so far, in words with its place.

    Raises
    ------
    ConfigError
        If there is no such recording, or it cannot be read at all.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.problems: list[str] = []
        self._access = Access(self.path, self.problems)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; safe twice."""
        self._access.close()

    def about(self) -> About:
        """Return its title, its runs and the like."""
        size = size_of(self.path)
        with self._access.reading() as pages:
            return read_about(pages, size)

    def streams(self) -> list[StreamRecord]:
        """Describe every stream, in order of appearance."""
        with self._access.reading() as pages:
            found = []
            for number, name in pages.names.streams.items():
                channels = tuple(channel for _, channel in pages.names.of_stream(number))
                found.append(StreamRecord(name, channels, *pages.bounds(number), *pages.times(number)))
            return found

    def span(self) -> tuple[int, int] | None:
        """Return the least and the greatest time of all rows; None if there are none."""
        streams = [stream for stream in self.streams() if stream.rows > stream.first_row]
        if not streams:
            return None
        return min(stream.start_ns for stream in streams), max(stream.stop_ns for stream in streams)

    def batches(
        self,
        stream: str,
        start_ns: int = EVER[0],
        stop_ns: int = EVER[1],
        *,
        channels: Sequence[str] | None = None,
        before_row: int | None = None,
        after_row: int = 0,
    ) -> Iterator[Batch]:
        """Yield the rows of a stream with ``start_ns <= time < stop_ns``, in order of arrival, at most 2,048 a batch.

        Parameters
        ----------
        channels
            Names of those to read; all if not given. One that the stream lacks is left out.
        before_row, after_row
            Only rows with smaller numbers than the first, and not smaller ones than the second.

        Raises
        ------
        KeyError
            If there is no such stream.
        """
        with self._access.reading() as pages:
            number = self._find(pages, stream)
            known = [
                each for each in pages.names.of_stream(number) if channels is None or each[1].name in set(channels)
            ]
            ids, described = [each for each, _ in known], tuple(channel for _, channel in known)
            first, stop = pages.bounds(number)
            rows = max(first, after_row), stop if before_row is None else min(stop, before_row)
            for piece in pages.pieces(number, ids, rows, (start_ns, stop_ns)):
                for batch in to_batches(stream, piece, ids, described):
                    yield from within(batch, start_ns, stop_ns)

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
        """Return what there is to draw in a span; see ``flow.archive.Archive.picture``. Fast for any span."""
        half = max(bucket_ns // 2, 1)

        def fits(start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.bool_]:
            near: NDArray[np.bool_] = stop - start <= half
            return near

        with self._access.reading() as pages:
            number = pages.number_of(stream)
            if number is None:
                return []
            ids = _ids(pages, number, channels)
            first, stop = pages.bounds(number)
            rows = first, stop if before_row is None else min(stop, before_row)
            parts = cover(pages, number, [each for each in ids if each is not None], rows, (start_ns, stop_ns), fits)
            return shape.to_picture(parts, ids, (start_ns, stop_ns), bucket_ns)

    def summary(self, stream: str, channels: Sequence[str], start_ns: int, stop_ns: int, every_ns: int) -> Summary:
        """Return minimum, maximum, mean and count of number channels for each ``every_ns``, exactly.

        Raises
        ------
        KeyError
            If there is no such stream.
        """

        def fits(start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.bool_]:
            inside: NDArray[np.bool_] = start // every_ns == stop // every_ns
            return inside

        with self._access.reading() as pages:
            number = self._find(pages, stream)
            ids = _ids(pages, number, channels)
            known = [each for each in ids if each is not None]
            parts = cover(pages, number, known, pages.bounds(number), (start_ns, stop_ns), fits)
            return shape.to_summary(parts, ids, (start_ns, stop_ns), every_ns)

    def read(
        self,
        stream: str,
        *,
        channels: Sequence[str] | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        max_points: int | None = None,
        kind: Literal["numpy", "pandas", "polars", "arrow"] = "numpy",
    ) -> Frame:
        """Return the rows of a stream as columns.

        Parameters
        ----------
        stream
            Its name; ``streams()`` lists them.
        channels
            Names of those to read; all if not given.
        start, stop
            Only rows from the one to before the other: nanoseconds since the epoch, a datetime, or a text such as
            ``"2026-05-01T12:00"``, or ``"-10m"`` for so long before the end.
        max_points
            At most about so many rows: the minimum and maximum of each of half as many spans. Number channels only.
        kind
            As for ``Monitor.frame``; also "arrow".

        Raises
        ------
        KeyError
            If there is no such stream.
        ConfigError
            If an instant is none, or a package is not installed.
        """
        return read_frame(self, stream, channels, (start, stop), max_points=max_points, kind=kind)

    def events(self, start_ns: int = EVER[0], stop_ns: int = EVER[1]) -> list[Event]:
        """Return what happened in a span, oldest first."""
        with self._access.reading() as pages:
            where = "WHERE time_ns >= ? AND time_ns < ? ORDER BY time_ns, id"
            return [
                Event(row[1], row[2], row[3], row[4], row[0]) for row in pages.intact("event", where, start_ns, stop_ns)
            ]

    def raw_sources(self) -> list[str]:
        """Return the names of the sources whose bytes were kept."""
        with self._access.reading() as pages:
            return [name for (name,) in pages.connection.execute("SELECT DISTINCT source FROM raw ORDER BY source")]

    def chunks(self, source: str | None = None) -> Iterator[tuple[str, Chunk]]:
        """Yield the bytes that were kept, of one source or of all, with the source's name, in order of arrival.

        Between two rows of the table nothing is held, so it may be read at leisure while the recording goes on.
        """
        return read_chunks(self._access, source)

    def check(self) -> list[str]:
        """Read everything, and return all damage there is; see ``problems``."""
        with suppress(DamagedError), self._access.reading() as pages:
            check_tables(pages)
        with suppress(DamagedError):
            for stream in self.streams():
                for _ in self.batches(stream.name):
                    pass
        return self.problems

    @staticmethod
    def _find(pages: Pages, stream: str) -> int:
        number = pages.number_of(stream)
        if number is None:
            known = ", ".join(pages.names.streams.values()) or "none"
            raise KeyError(f"no stream {stream!r}; there are: {known}")
        return number


def _ids(pages: Pages, stream: int, channels: Sequence[str]) -> list[int | None]:
    """Return the ids of number channels by name; None for one that the stream lacks."""
    known = {c.name: number for number, c in pages.names.of_stream(stream) if c.kind is not Kind.TEXT}
    return [known.get(name) for name in channels]
