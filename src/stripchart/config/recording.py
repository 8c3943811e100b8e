"""What is kept of a monitor's data: the table ``[recording]`` of a configuration, or ``Monitor(record=...)``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - pydantic reads the hints
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from stripchart.config.durations import parse_duration
from stripchart.config.sizes import parse_size

Size = Annotated[
    int,
    BeforeValidator(lambda value: parse_size(str(value))),
    WithJsonSchema({"type": ["integer", "string"]}),
    "an amount of data such as '500MB' or '10GB'",
]
Age = Annotated[
    float,
    BeforeValidator(lambda value: 0.0 if value == 0 else parse_duration(str(value))),
    WithJsonSchema({"type": ["number", "string"]}),
    "a span of time such as '12h' or '30d', or 0 for no limit",
]


@dataclass(frozen=True)
class RecordSpec:
    """How samples are kept.

    Parameters
    ----------
    file
        Where; continued if it is there. If not given, it is in the user's folder of recordings.
    name
        What it is called there; after the configuration or the sources if not given.
    raw
        Keep the bytes of the sources too, so that they can be decoded anew.
    power_safe
        Wait for the disk at each commit: then not even a loss of power costs more than the last tenth of a second.
    max_size, max_age
        Forget the oldest beyond so much or so long (seconds; 0 for no limit).
    """

    file: str | Path = ""
    name: str = ""
    raw: bool = False
    power_safe: bool = False
    max_size: Size = 10_000_000_000
    max_age: Age = 0.0


@dataclass(frozen=True)
class RecordTable(RecordSpec):
    """The table ``[recording]``."""

    file: str = ""
    enabled: bool = True
