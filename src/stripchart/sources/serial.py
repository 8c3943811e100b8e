"""Bytes from a serial port, or from anything else that pyserial opens by URL."""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import serial

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.flow.records import Chunk
from stripchart.sources.baud import RateFinder
from stripchart.sources.ports import PortInfo, explain, find_again, identify, list_ports, matching, name_all
from stripchart.sources.serial_options import AUTO, SerialOptions
from stripchart.sources.wire import MAX_TAKE, WRITE_TIMEOUT, Wire, wire_of

if TYPE_CHECKING:
    from collections.abc import Sequence

if sys.platform == "win32":
    PORT_ERRORS: Final = (OSError,)
else:
    import termios

    PORT_ERRORS: Final = (OSError, termios.error)

log = logging.getLogger(__name__)

READ_TIMEOUT: Final = 0.2
"""Seconds that pyserial itself may wait where it is asked for bytes that are there already."""
BUSY: Final = 2048
"""Bytes waiting at a port from which on coalescing would only delay."""
RESET_PULSE: Final = 0.1
"""Seconds that DTR is down to reset a board; the capacitor of an Arduino needs a few milliseconds."""


class SerialSource:
    """A serial port, found again when its device comes back under another name.

    Parameters
    ----------
    target
        ``/dev/ttyUSB0``, ``COM3``, or a URL of pyserial: ``socket://host:port``, ``rfc2217://host:port``,
        ``hwgrep://Arduino``, ``loop://``. Empty if ``options.match`` says which.

    Raises
    ------
    ConfigError
        If it is not said which port, or twice.
    """

    Options = SerialOptions
    default_decoder = "auto"

    def __init__(self, target: str, options: SerialOptions) -> None:
        self.url = f"serial:{target}" + (f"?match={options.match}" if options.match else "")
        self.status = ""
        if bool(target) == bool(options.match):
            expected = "expected a port such as serial:/dev/ttyUSB0, or serial:?match=2341:0043 to find one"
            raise ConfigError(f"{self.url}: {expected}; `stripchart ports` lists what is there")
        self._target = target
        self._options = options
        self._known: PortInfo | None = None
        self._port: serial.Serial | None = None
        self._wire: Wire | None = None
        self._writing = threading.Lock()  # a port is not closed, and its descriptor not reused, under a writer
        self._drained_ns = 0
        self._finder = RateFinder() if options.baudrate == AUTO else None
        self._notes = ""

    def open(self) -> None:
        """Open the port.

        Raises
        ------
        SourceLost
            Not there, not permitted, or in use; the message says how to mend it.
        ConfigError
            A URL that pyserial does not know, or settings that the port refuses.
        """
        device = self._locate()
        if self._finder is not None:
            self._finder.restart()
        try:
            self._port = self._connect(device)
        except (ValueError, NotImplementedError, re.error) as error:
            cause = error.__context__  # pyserial wraps what the driver said about an unusual baud rate
            if isinstance(cause, OSError) and cause.errno != errno.EINVAL:
                raise SourceLost(f"{self.url}: {error}") from error
            known = "; expected a path, socket://, rfc2217://, hwgrep:// or loop://" if "://" in device else ""
            raise ConfigError(f"{self.url}: {error}{known}") from error
        except PORT_ERRORS as error:
            number = error.args[0] if error.args and isinstance(error.args[0], int) else None
            raise SourceLost(f"{self.url}: {explain(number, device) or f'cannot be opened: {error}'}") from error
        self._wire = wire_of(self._port)
        self._drained_ns = time.time_ns()

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return what arrived as one chunk of at most about 64 KiB, or nothing.

        While the baud rate is being looked for, what arrived is held.

        Raises
        ------
        SourceLost
            If the device was unplugged.
        """
        wire = self._wire
        if wire is None:
            raise SourceLost(f"{self.url}: not open")
        try:
            chunks = self._take(wire, timeout)
            return chunks if self._finder is None else self._at_its_rate(self._finder, chunks)
        except PORT_ERRORS as error:
            raise SourceLost(f"{self.url}: connection lost: {getattr(error, 'strerror', '') or error}") from error

    def write(self, data: bytes, topic: str = "") -> None:  # noqa: ARG002 - a port has no topics
        """Send bytes to the device. Safe from any thread.

        Raises
        ------
        SourceLost
            If it is away; NoAnswer if it does not take them within a second.
        """
        with self._writing:
            wire = self._wire
            if wire is None:
                raise SourceLost(f"{self.url}: not open, so nothing was written")
            try:
                wire.write(data)
            except TimeoutError as error:
                raise NoAnswer(f"{self.url}: {error.strerror}") from error
            except OSError as error:
                raise SourceLost(f"{self.url}: cannot write: {error.strerror or error}") from error

    def close(self) -> None:
        """Close the port, after a write that is under way."""
        self.status = ""
        self._wire = None  # no further write begins
        with self._writing, contextlib.suppress(*PORT_ERRORS):
            port, self._port = self._port, None
            if port is not None:
                port.close()

    def _locate(self) -> str:
        """Return what to open: the known device wherever it is now, else what the user named."""
        match = self._options.match
        if self._known is None and not match:
            return self._target
        ports = list_ports()
        again = find_again(self._known, ports) if self._known is not None else None
        if again is not None:
            return again.device
        if not match:
            return self._target
        found = matching(match, ports)
        if len(found) != 1:
            problem = f"{len(found)} ports match, say more" if found else "no port matches"
            raise SourceLost(f"{self.url}: {problem}; {name_all(found or ports)}")
        return found[0].device

    def _connect(self, device: str) -> serial.Serial:
        chosen = self._options
        port = serial.serial_for_url(
            device,
            baudrate=int(chosen.baudrate) if self._finder is None else self._finder.rate,
            bytesize=chosen.bytesize,
            parity=chosen.parity,
            stopbits=chosen.stopbits,
            timeout=READ_TIMEOUT,
            write_timeout=None if device.startswith("rfc2217:") else WRITE_TIMEOUT,  # refused there
            xonxoff=chosen.xonxoff,
            rtscts=chosen.rtscts,
            dsrdtr=chosen.dsrdtr,
            exclusive=chosen.exclusive,
            do_not_open=True,
        )
        port.dtr, port.rts = chosen.dtr, chosen.rts
        with contextlib.ExitStack() as undo:
            undo.callback(port.close)
            port.open()
            notes = [self._recognise(device), self._settle_reset(port)]
            undo.pop_all()
        self.status = self._notes = "; ".join(filter(None, notes))
        return port

    def _recognise(self, device: str) -> str:
        """Remember which USB device this is, and return what to say of it."""
        if "://" in device:
            return ""
        port = identify(device, list_ports())
        if port is not None and port.vid_pid:
            if self._known is not None and find_again(self._known, [port]) is None:
                log.warning("%s: %s may be another device than before", self.url, port)
            self._known = port
        return f"at {port or device}" if device != self._target else ""

    def _settle_reset(self, port: serial.Serial) -> str:
        """Do as ``reset`` says, and return what to say of it."""
        reset, dtr = self._options.reset, self._options.dtr
        if reset == "never" and sys.platform != "win32" and isinstance(port, serial.Serial):
            attributes = termios.tcgetattr(port.fileno())
            attributes[2] &= ~termios.HUPCL
            termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
        elif reset == "always":
            try:
                port.dtr = not dtr
                time.sleep(RESET_PULSE)
                port.dtr = dtr
            except OSError as error:
                if error.errno not in {errno.ENOTTY, errno.EINVAL}:
                    raise
                return "it has no DTR line to reset the device by"
        return ""

    def _take(self, wire: Wire, timeout: float) -> tuple[Chunk, ...]:
        since_ns = self._drained_ns
        if not wire.wait(0):
            if not wire.wait(timeout):
                self._drained_ns = time.time_ns()
                return ()
            since_ns = time.time_ns()
        data = self._gather(wire)
        now_ns = self._drained_ns = time.time_ns()
        return (Chunk(data, now_ns, min(since_ns, now_ns)),)

    def _at_its_rate(self, finder: RateFinder, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        """Return what was read at the device's rate, and try the next one if this is not it."""
        before = finder.rate, finder.found
        chunks = finder.feed(chunks, time.monotonic())
        if (finder.rate, finder.found) != before:
            log.info("%s: %s", self.url, finder.status)
        if self._port is not None and self._port.baudrate != finder.rate:
            self._port.baudrate = finder.rate
            self._port.reset_input_buffer()
        self.status = "; ".join(filter(None, [self._notes, finder.status]))
        return chunks

    def _gather(self, wire: Wire) -> bytes:
        data = bytearray(wire.take())
        if len(data) < BUSY:
            time.sleep(self._options.coalesce_ms / 1000)
        with contextlib.suppress(OSError):  # a loss shows again in the next read, when this data is safe
            while len(data) < MAX_TAKE and wire.wait(0):
                data += wire.take()
        return bytes(data)
