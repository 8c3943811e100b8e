"""From what a user asks of a recording to a recorder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError
from stripchart.store.format.schema import SUFFIX
from stripchart.store.library.folder import place_for
from stripchart.store.recording.opening import RecordOptions
from stripchart.store.recording.recorder import Recorder
from stripchart.store.writing.lock import is_locked
from stripchart.store.writing.retention import Limits

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
    None if the user named no file, and none can be written or all there is comes from recordings already: the monitor
    then goes on without.

    Raises
    ------
    ConfigError
        If the file that the user named cannot be written, or is replayed.
    """
    replayed = [getattr(pump.source, "replayed_file", None) for pump in pumps]
    options = RecordOptions(
        raw=spec.raw,
        power_safe=spec.power_safe,
        limits=Limits(spec.max_size, spec.max_age),
        title=title,
        config={"sources": {pump.name: {"url": pump.source.url} for pump in pumps}},
    )
    if spec.file:
        file = Path(spec.file)
        file = file if file.suffix else file.with_name(file.name + SUFFIX)
        if file.resolve() in replayed:
            raise ConfigError(f"{file}: would be replayed into itself; give another file with --record")
        try:
            return Recorder(hub, file, events, options)
        except OSError as error:
            raise ConfigError(
                f"{file}: cannot be written: {error.strerror}; give another place with --record"
            ) from error
    if replayed and all(replayed):
        log.info("what is replayed is not recorded again; --record FILE would do it")
        return None
    try:
        file = place_for([spec.name] if spec.name else [pump.name for pump in pumps])
        numbers = range(2, MOST_BESIDE + len(replayed) + 1)
        files = [file, *(file.with_name(f"{file.stem}-{number}{SUFFIX}") for number in numbers)]
        files = [each for each in files if each.resolve() not in replayed]
        free = next((each for each in files if not is_locked(each)), files[0])
        return Recorder(hub, free, events, options)
    except (ConfigError, OSError) as error:
        log.warning("nothing is recorded: %s", error)
        return None
