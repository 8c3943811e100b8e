"""The whole recording as a strip a few pixels high: of some channels, the extremes in each of its columns."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.archive import Archive
    from stripchart.flow.reduce import Rows
    from stripchart.ui.readout import ChannelKey

COLUMNS: Final = 600
"""Columns of the strip: about two pixels each on a common screen."""
LINES: Final = 8
"""Channels that are drawn; more could not be told apart at this height."""
MAX_RUNS: Final = 500
"""Runs without a gap that are looked at one by one."""
TOP: Final = 254
NOTHING: Final = 255


def overview(archive: Archive, keys: Iterable[ChannelKey], start_ns: int, stop_ns: int) -> dict[ChannelKey, str]:
    """Draw some channels from ``start_ns`` to ``stop_ns``.

    Returns
    -------
    For each channel that has numbers, base64 of two times ``COLUMNS`` bytes: the lowest value in each column, then the
    highest, from 0 for the channel's least to ``TOP`` for its greatest; ``NOTHING`` where something is missing.
    """
    width = max(1, -(-(stop_ns - start_ns) // COLUMNS))
    names: dict[str, list[str]] = {}
    for stream, name, is_text in keys:
        if not is_text:
            names.setdefault(stream, []).append(name)
    drawn = {}
    for stream, channels in names.items():
        runs = archive.picture(stream, channels, start_ns, stop_ns, width)
        for place, name in enumerate(channels):
            low, high = _envelope(runs, place, start_ns, width)
            if np.isfinite(low).any():
                drawn[stream, name, False] = _encode(low, high)
    return drawn


def _envelope(
    runs: Sequence[Rows], place: int, start_ns: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.full(COLUMNS, np.nan), np.full(COLUMNS, np.nan)
    for rows in runs:
        kept = np.isfinite(rows.columns[place])
        value = rows.columns[place][kept]
        if not len(value):
            continue
        where = np.clip((rows.time[kept] - start_ns) // width, 0, COLUMNS - 1)
        for whole, extreme in ((low, np.fmin), (high, np.fmax)):
            if len(runs) > MAX_RUNS:
                extreme.at(whole, where, value)
            else:
                extreme(whole, _bridged(extreme, where, value), out=whole)
    return low, high


def _bridged(extreme: np.ufunc, where: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one extreme of a run in each column; a slow sensor leaves some empty, and its line crosses those."""
    edge = np.full(COLUMNS, np.nan)
    extreme.at(edge, where, value)
    filled = np.flatnonzero(~np.isnan(edge))
    inside = np.arange(filled[0], filled[-1] + 1)
    edge[inside] = np.interp(inside, filled, edge[filled])
    return edge


def _encode(low: NDArray[np.float64], high: NDArray[np.float64]) -> str:
    # Halves, because the difference of the largest numbers is none.
    least, reach = np.nanmin(low) / 2, np.nanmax(high) / 2 - np.nanmin(low) / 2
    levels = []
    for edge in (low, high):
        part = (edge / 2 - least) / reach if reach > 0 else np.where(np.isnan(edge), edge, 0.5)
        levels.append(np.where(np.isnan(part), NOTHING, np.round(np.nan_to_num(part) * TOP)).astype(np.uint8))
    return b64encode(b"".join(level.tobytes() for level in levels)).decode()
