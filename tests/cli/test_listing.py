from __future__ import annotations

from stripchart.cli.listing import example_lines, port_lines
from stripchart.sources.ports import PortInfo

UNO = PortInfo("/dev/ttyACM0", "Arduino Uno", "2341:0043", "5573", "1-1.2:1.0", "dialout", permitted=True)
BRIDGE = PortInfo("/dev/ttyUSB0", group="dialout", permitted=False)
CONSOLE = PortInfo("/dev/ttyS0", group="root", permitted=False)


def test_a_table_of_ports():
    assert list(port_lines([UNO, BRIDGE, CONSOLE])) == [
        "Port          Description  USB id     Serial number  Access",
        "/dev/ttyACM0  Arduino Uno  2341:0043  5573           yes",
        "/dev/ttyUSB0  -            -          -              no, for the group dialout",
        "/dev/ttyS0    -            -          -              no, for the group root",
        "To use the ports of the group dialout: sudo usermod -aG dialout $USER, then log in again.",
    ]


def test_no_hint_where_nothing_is_closed():
    assert len(list(port_lines([UNO]))) == 2


def test_what_to_do_without_ports():
    first, *_ = port_lines([])
    assert first.startswith("No serial ports here.")


def test_examples_begin_with_the_ports_that_are_there():
    first, second, *_ = example_lines([UNO])
    assert first.split() == ["stripchart", "watch", "serial:/dev/ttyACM0", "Arduino", "Uno"]
    assert second.split()[:3] == ["stripchart", "watch", "sim:"]
