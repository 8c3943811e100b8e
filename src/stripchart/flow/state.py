"""Where a source stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a source stands."""

    IDLE = "idle"
    WAITING = "waiting"
    CONNECTED = "connected"
    LOST = "lost"
    RELEASED = "released"
    """Closed because a person wants the device for something else, until it is taken back."""
    FAILED = "failed"
    ENDED = "ended"
    STOPPED = "stopped"


OVER: Final = frozenset({State.IDLE, State.FAILED, State.ENDED, State.STOPPED})
"""Nothing is done about it."""
AT_REST: Final = OVER | {State.RELEASED}
"""No progress is expected."""
