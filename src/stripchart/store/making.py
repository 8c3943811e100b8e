"""From what a user asks of a recording to a recorder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError
from stripchart.store.library import place_for
from stripchart.store.lock import is_locked
from stripchart.store.recorder import Recorder, RecordOptions
from stripchart.store.retention import Limits
from stripchart.store.schema import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.config.recording import RecordSpec
    from stripchart.flow.events import EventLog
    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump


log = logging.getLogger(__name__)

MOST_BESIDE: Final = 9
"""Monitors of the same sources that may record at once, each into a file of its own."""


def make_recorder(spec: RecordSpec, hub: Hub, pumps: Sequence[Pump], events: EventLog, title: str) -> Recorder | None:
    """Open the recording that a monitor goes on with.

    Returns
    -------
    None if the user named no file and none can be written: the monitor then goes on without.

    Raises
    ------
    ConfigError
        If the file that the user named cannot be written.
    """
    options = RecordOptions(
        raw=spec.raw,
        power_safe=spec.power_safe,
        limits=Limits(spec.max_size, spec.max_age),
        title=title,
        config={"sources": {pump.name: {"url": pump.source.url} for pump in pumps}},
    )
    if spec.file:
        file = Path(spec.file)
        return Recorder(hub, file if file.suffix else file.with_name(file.name + SUFFIX), events, options)
    try:
        file = place_for([spec.name] if spec.name else [pump.name for pump in pumps])
        files = [file, *(file.with_name(f"{file.stem}-{number}{SUFFIX}") for number in range(2, MOST_BESIDE + 1))]
        free = next((each for each in files if not is_locked(each)), file)
        return Recorder(hub, free, events, options)
    except (ConfigError, OSError) as error:
        log.warning("nothing is recorded: %s", error)
        return None
