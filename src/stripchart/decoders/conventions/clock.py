"""What a device's clock said, where a convention or a user says which value that is."""

from __future__ import annotations

import math
from typing import Any

from stripchart.decoders.cells import DeviceTime, to_number, to_time


def read_time(value: Any, unit: str = "") -> DeviceTime | None:
    """Read a number in this unit, also as text, or a date and time; None if it is none of these."""
    if isinstance(value, str):
        number = to_number(value)
        if number is None:
            return to_time(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        return None
    return DeviceTime(number, unit) if math.isfinite(number) else None
