"""Which serial ports there are, which of them is meant, and why one cannot be opened."""

from __future__ import annotations

import errno
import logging
import os
import re
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from serial.tools.list_ports_common import ListPortInfo

log = logging.getLogger(__name__)

LIST_TIMEOUT: Final = 2.0
"""Seconds that listing may take; a faulty driver can hang for ever."""
MAX_NAMED: Final = 8
"""Ports that a message names."""

_USB_ID: Final = re.compile(r"([0-9a-f]{4}:[0-9a-f]{4})(?::(.+))?", re.IGNORECASE)
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO})
_DENIED: Final = frozenset({errno.EACCES, errno.EPERM})
_BUSY: Final = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})

_listing = threading.Lock()  # held while the system lists: if a driver hangs, one thread is lost to it and no more


class PortInfo(NamedTuple):
    """A serial port of this machine. Texts are empty where the system says nothing."""

    device: str
    """Path or name to open."""
    description: str = ""
    vid_pid: str = ""
    """USB vendor and product as ``2341:0043``."""
    serial_number: str = ""
    location: str = ""
    """USB socket such as ``1-1.2``, with ``:1.0`` behind it where the device has several interfaces."""
    group: str = ""
    """Unix group that owns the device."""
    permitted: bool = True
    """Whether this process may read and write it."""

    def __str__(self) -> str:
        return f"{self.device} ({self.description})" if self.description else self.device


def list_ports(
    timeout: float = LIST_TIMEOUT, scan: Callable[[], Iterable[ListPortInfo]] | None = None
) -> list[PortInfo]:
    """Return the serial ports of this machine, in natural order. Pseudo-terminals are not among them.

    Parameters
    ----------
    timeout
        Seconds it may take.
    scan
        What asks the system; pyserial's ``comports`` if not given.

    Returns
    -------
    An empty list, with a warning in the log, if the system does not answer in time.
    """
    from serial.tools.list_ports import comports

    found: list[PortInfo] = []
    done = threading.Event()

    def work() -> None:
        try:
            found.extend(map(_port_info, sorted((scan or comports)())))
        except (OSError, TypeError, ValueError) as error:  # pyserial stumbles over a device that vanishes meanwhile
            log.debug("listing serial ports: %r", error)
        finally:
            _listing.release()
            done.set()

    if not _listing.acquire(timeout=timeout):
        return []  # told by who holds it
    threading.Thread(target=work, name="stripchart-list-ports", daemon=True).start()
    if not done.wait(timeout):
        log.warning("the system did not list its serial ports within %g s; a driver may hang", timeout)
        return []
    return found


def matching(match: str, ports: Iterable[PortInfo]) -> list[PortInfo]:
    """Return the ports that fit ``vid:pid``, ``vid:pid:serial``, or a text in their description; case is ignored."""
    usb_id = _USB_ID.fullmatch(match)
    if usb_id is None:
        return [port for port in ports if match.casefold() in port.description.casefold()]
    vid_pid, serial_number = usb_id[1].lower(), usb_id[2]
    return [
        port
        for port in ports
        if port.vid_pid == vid_pid
        and (serial_number is None or port.serial_number.casefold() == serial_number.casefold())
    ]


def identify(device: str, ports: Sequence[PortInfo]) -> PortInfo | None:
    """Return the port behind a path, which may be a link; None if the system does not list it.

    A serial number that another device here has too tells nothing, and is left out.
    """
    real = os.path.realpath(device)
    for port in ports:
        if device == port.device or real == os.path.realpath(port.device):
            twins = [
                other
                for other in ports
                if (other.vid_pid, other.serial_number, _interface(other))
                == (port.vid_pid, port.serial_number, _interface(port))
            ]
            return port if len(twins) == 1 else port._replace(serial_number="")
    return None


def find_again(known: PortInfo, ports: Iterable[PortInfo]) -> PortInfo | None:
    """Return the port of a USB device that ``identify`` saw earlier, whatever its name and socket are now.

    Without a serial number it must be in the same socket: to mistake one sensor for another is worse than to wait.
    """
    alike = [port for port in ports if port.vid_pid and port.vid_pid == known.vid_pid]
    if not known.serial_number:
        alike = [port for port in alike if port.location == known.location]
    else:
        alike = [port for port in alike if port.serial_number == known.serial_number]
        alike = [port for port in alike if _interface(port) == _interface(known)]
    return alike[0] if len(alike) == 1 else None


def name_all(ports: Sequence[PortInfo]) -> str:
    """Return the ports in words for a message."""
    if not ports:
        return "no serial ports here"
    more = f" and {len(ports) - MAX_NAMED} more" if len(ports) > MAX_NAMED else ""
    return f"ports here: {', '.join(map(str, ports[:MAX_NAMED]))}{more}"


def explain(number: int | None, device: str) -> str:
    """Say why a device could not be opened and how to mend it, or nothing if the error number tells nothing special."""
    if number in _ABSENT:
        return f"no such device; {name_all(list_ports())}"
    if number in _DENIED:
        return f"permission denied; {_permit(device)}"
    if number in _BUSY:
        return f"in use by {_lock_holder(device) or 'another program'}"
    return ""


def _permit(device: str) -> str:
    try:
        status = Path(device).stat()
    except OSError:
        return "a folder on the way to it is closed to you"
    group = _group_name(status.st_gid)
    needed = stat.S_IRGRP | stat.S_IWGRP
    if status.st_gid == 0 or not group or status.st_mode & needed != needed:
        return f"its owner alone may use it: run `sudo chmod a+rw {device}`, or add a udev rule"
    return f"it belongs to the group {group}: run `sudo usermod -aG {group} $USER`, then log in again"


def _lock_holder(device: str) -> str:
    """Name the program that locked a device, from Linux's list of locks; empty if that does not tell.

    A line of ``/proc/locks`` is ``1: FLOCK ADVISORY WRITE pid major:minor:inode start end``, device numbers in hex.
    """
    try:
        status = Path(device).stat()
        inode = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5] == inode:
                program = Path(f"/proc/{words[4]}/comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{program} (process {words[4]})"
    except (OSError, IndexError):
        pass
    return ""


def _port_info(info: ListPortInfo) -> PortInfo:
    known = info.description and info.description != "n/a"
    try:
        group = _group_name(Path(info.device).stat().st_gid)
    except OSError:
        group = ""
    return PortInfo(
        device=info.device,
        description=info.description if known else "",
        vid_pid="" if info.vid is None or info.pid is None else f"{info.vid:04x}:{info.pid:04x}",
        serial_number=info.serial_number or "",
        location=info.location or "",
        group=group,
        permitted=sys.platform == "win32" or os.access(info.device, os.R_OK | os.W_OK),
    )


def _group_name(number: int) -> str:
    if sys.platform == "win32":
        return ""
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""


def _interface(port: PortInfo) -> str:
    """Return which of a device's interfaces it is: adapters with several ports have one serial number for all."""
    return port.location.partition(":")[2]
