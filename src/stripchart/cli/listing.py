"""What the command line says about the ports of this machine and what could be watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stripchart.sources.ports import PortInfo

HEADER: Final = ("Port", "Description", "USB id", "Serial number", "Access")
EXAMPLES: Final = (
    ("sim:", "simulated sensors"),
    ("mqtt://localhost/greenhouse/#", "topics of a broker"),
    ("tcp://localhost:7777", "lines from a socket; or udp://:47269"),
    ("-", "lines piped in: some-program | stripchart watch -"),
)


def port_lines(ports: Sequence[PortInfo]) -> Iterator[str]:
    """Yield a table of ports, or what to do when there is none."""
    if not ports:
        yield "No serial ports here. Plug a device in; if it stays away, try another cable (some only charge) and"
        yield "look at the last lines of: dmesg"
        return
    yield from columns([HEADER, *(_row(port) for port in ports)])
    groups = sorted({port.group for port in ports if not port.permitted and port.group not in {"", "root"}})
    for group in groups:
        yield f"To use the ports of the group {group}: sudo usermod -aG {group} $USER, then log in again."


def example_lines(ports: Iterable[PortInfo]) -> Iterator[str]:
    """Yield commands that would watch something, the ports of this machine first."""
    found = [(f"serial:{port.device}", port.description) for port in ports]
    yield from columns([(f"  stripchart watch {url}", what) for url, what in [*found, *EXAMPLES]])


def _row(port: PortInfo) -> tuple[str, ...]:
    access = "yes" if port.permitted else f"no, for the group {port.group}" if port.group else "no"
    return (port.device, port.description or "-", port.vid_pid or "-", port.serial_number or "-", access)


def columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows with their cells aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
