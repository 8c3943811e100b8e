"""What can go wrong, as one tree.

::

    StripchartError
    ├── ConfigError      what the user asked for cannot be: mend the configuration; never retried
    ├── SourceLost       the device or broker is away: retried with back-off
    │   └── NoAnswer     it did not take, or confirm, in time what was sent to it
    ├── EndOfSource      a finite source has no more: the pump closes it and rests
    └── DamagedError     a recording is damaged so that it cannot be read or written on

A message says what, where, what was expected and what was found, and how to mend it, in one line::

    raise ConfigError("serial:/dev/ttyUSB0: baudrate: expected a whole number, got 'fast'")
    raise SourceLost("serial:/dev/ttyUSB0: no such device; ports here: /dev/ttyACM0 (Arduino Uno)")
"""


class StripchartError(Exception):
    """Any error that Stripchart raises on purpose."""


class ConfigError(StripchartError):
    """The configuration cannot work as it stands."""


class SourceLost(StripchartError):  # noqa: N818 - a state of the world, not a mistake
    """A source is away, now or not yet there; opening it again may succeed."""


class NoAnswer(SourceLost):
    """What was sent to a source was not taken or confirmed in time; it may have arrived all the same."""


class DamagedError(StripchartError):
    """A recording is damaged so that SQLite cannot go on with it."""


class EndOfSource(StripchartError):  # noqa: N818 - like StopIteration
    """A finite source has delivered all it had."""
