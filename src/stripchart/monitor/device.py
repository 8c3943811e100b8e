"""The other side of a source: the device or broker that people talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripchart.flow.commands import settle
from stripchart.flow.controls import payload, read_console

if TYPE_CHECKING:
    from stripchart.flow.controls import Controls, Ending
    from stripchart.flow.pump import Pump


class Device:
    """What ``Monitor.device`` returns.

    >>> monitor.device("bench").send("rate 10")                                     # doctest: +SKIP
    """

    def __init__(self, pump: Pump, controls: Controls) -> None:
        self._pump = pump
        self._controls = controls

    def send(self, data: str | bytes, topic: str = "", *, ending: Ending | None = None) -> int:
        r"""Send a line, or bytes as they are, and wait until it has them.

        Parameters
        ----------
        ending
            What follows a text: ``""``, ``"\n"``, ``"\r"`` or ``"\r\n"``. If not given, it is what the source says;
            else a newline, and nothing where it goes to a topic.

        Returns
        -------
        The number of the line in ``console``.

        Raises
        ------
        ConfigError
            If nothing can be sent to such a source, or not that.
        SourceLost
            If it is not connected; NoAnswer if it does not take or confirm it in time.
        """
        if isinstance(data, str):
            data = payload(data, None, self._controls.usual_ending(self._pump) if ending is None else ending)
        return settle(self._pump.send(data, topic))

    def console(self, after: int = 0) -> dict[str, Any]:
        """Return what came from it and was sent to it after the line of a number, as ``GET /api/console`` does."""
        return read_console(self._pump, self._controls, after)

    def release(self) -> None:
        """Close it and leave it to other programs, such as one that flashes it, until ``retake``.

        Raises
        ------
        SourceLost
            If its source is not running; NoAnswer if it is not closed in time.
        """
        settle(self._pump.release())

    def retake(self) -> None:
        """Open it again after ``release``, as soon as it is there."""
        self._pump.retake()
