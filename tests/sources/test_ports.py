from __future__ import annotations

import errno
import fcntl
import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from serial.tools.list_ports_common import ListPortInfo

from stripchart.sources.ports import PortInfo, explain, find_again, identify, list_ports, matching, name_all
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path

    from support.pty import PtyDevice

UNO = PortInfo("/dev/ttyACM0", "Arduino Uno", "2341:0043", "75833", "1-1")
OTHER_UNO = PortInfo("/dev/ttyACM1", "Arduino Uno", "2341:0043", "75834", "1-2")
NAMELESS = PortInfo("/dev/ttyUSB0", "USB Serial", "1a86:7523", "", "1-3")
ESP = PortInfo("/dev/ttyACM2", "USB JTAG/serial debug unit", "303a:1001", "F4:12:FA:00:11:22", "1-4:1.0")
BUILT_IN = PortInfo("/dev/ttyS0")


def listed(device: str, **attributes: Any) -> ListPortInfo:
    info = ListPortInfo(device)
    for name, value in attributes.items():
        setattr(info, name, value)
    return info


def test_lists_what_the_system_says():
    usb = listed("/dev/ttyTEST1", description="CP2102", vid=0x10C4, pid=0xEA60, serial_number="0001", location="1-1.2")
    plain = listed("/dev/ttyTEST0")
    assert list_ports(scan=lambda: [usb, plain]) == [
        PortInfo("/dev/ttyTEST0", permitted=False),
        PortInfo("/dev/ttyTEST1", "CP2102", "10c4:ea60", "0001", "1-1.2", permitted=False),
    ]


def test_lists_in_natural_order():
    devices = ["/dev/ttyUSB10", "/dev/ttyUSB9", "/dev/ttyUSB1"]
    found = list_ports(scan=lambda: map(listed, devices))
    assert [port.device for port in found] == ["/dev/ttyUSB1", "/dev/ttyUSB9", "/dev/ttyUSB10"]


def test_tells_whether_this_user_may_open_it(pty_device: PtyDevice):
    (port,) = list_ports(scan=lambda: [listed(str(pty_device.path))])
    assert port.permitted
    assert port.group


def test_lists_the_ports_of_this_machine():
    assert all(os.path.exists(port.device) for port in list_ports())  # noqa: PTH110 - as the system names them


def test_listing_that_hangs_ends_in_time_and_costs_one_thread(caplog: pytest.LogCaptureFixture):
    release = threading.Event()

    def hang() -> list[ListPortInfo]:
        release.wait(30)
        return []

    def listers() -> int:
        return sum(thread.name == "stripchart-list-ports" for thread in threading.enumerate())

    until(lambda: not listers())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert list_ports(0.05, hang) == []
    assert listers() == 1
    assert [record.message for record in caplog.records] == [
        "the system did not list its serial ports within 0.05 s; a driver may hang"
    ]
    release.set()
    until(lambda: not listers())
    assert [port.device for port in list_ports(scan=lambda: [listed("/dev/ttyS0")])] == ["/dev/ttyS0"]


def test_device_that_vanishes_while_listing_is_no_error():
    def stumble() -> list[ListPortInfo]:
        raise TypeError("int() argument must be a string, not 'NoneType'")

    assert list_ports(scan=stumble) == []


@pytest.mark.parametrize(
    ("match", "found"),
    [
        ("2341:0043", [UNO, OTHER_UNO]),
        ("2341:0043:75834", [OTHER_UNO]),
        ("303A:1001:f4:12:fa:00:11:22", [ESP]),
        ("303a:1001", [ESP]),
        ("2341:0044", []),
        ("arduino", [UNO, OTHER_UNO]),
        ("JTAG/serial", [ESP]),
        ("FTDI", []),
    ],
)
def test_match(match: str, found: list[PortInfo]):
    assert matching(match, [UNO, OTHER_UNO, NAMELESS, ESP, BUILT_IN]) == found


def test_device_with_a_serial_number_is_found_under_any_name_and_in_any_socket():
    moved = UNO._replace(device="/dev/ttyACM7", location="2-4")
    assert find_again(UNO, [OTHER_UNO, moved, NAMELESS]) == moved


def test_device_without_a_serial_number_is_found_in_its_socket_only():
    renamed = NAMELESS._replace(device="/dev/ttyUSB1")
    twin = NAMELESS._replace(location="1-9")
    assert find_again(NAMELESS, [twin, renamed]) == renamed
    assert find_again(NAMELESS, [twin]) is None


def test_interfaces_of_one_adapter_are_told_apart():
    first = PortInfo("/dev/ttyUSB0", "Quad RS232", "0403:6011", "FT4", "1-1:1.0")
    second = first._replace(device="/dev/ttyUSB1", location="1-1:1.1")
    moved = [port._replace(location=port.location.replace("1-1", "3-2")) for port in (second, first)]
    assert find_again(first, moved) == moved[1]
    assert find_again(second, moved) == moved[0]


def test_ports_that_are_no_usb_devices_are_not_told_apart():
    assert find_again(BUILT_IN, [BUILT_IN, PortInfo("/dev/ttyS1")]) is None


def test_serial_number_that_two_devices_share_identifies_none():
    clone = OTHER_UNO._replace(serial_number=UNO.serial_number)
    known = identify(UNO.device, [UNO, clone])
    assert known == UNO._replace(serial_number="")
    assert find_again(known, [clone]) is None
    assert find_again(known, [UNO._replace(device="/dev/ttyACM5"), clone]) == UNO._replace(device="/dev/ttyACM5")


def test_identifies_a_device_behind_a_link(pty_device: PtyDevice):
    port = UNO._replace(device=os.ttyname(pty_device.slave))
    assert identify(str(pty_device.path), [NAMELESS, port]) == port
    assert identify("/dev/ttyUSB5", [NAMELESS, port]) is None


def test_names_the_ports():
    assert name_all([]) == "no serial ports here"
    assert name_all([UNO, BUILT_IN]) == "ports here: /dev/ttyACM0 (Arduino Uno), /dev/ttyS0"
    assert name_all([BUILT_IN] * 11).endswith("/dev/ttyS0 and 3 more")


def test_explains_only_what_it_knows():
    assert explain(errno.EIO, "/dev/ttyS0") == ""
    assert explain(None, "/dev/ttyS0") == ""


def test_permission_names_the_group_and_the_command(tmp_path: Path):
    path = tmp_path / "ttyACM0"
    path.touch()
    if os.geteuid() == 0:
        os.chown(path, 0, 20)
    path.chmod(0o660)
    group = path.group()
    if group == "root":
        pytest.skip("this user has no group of its own")
    assert explain(errno.EACCES, str(path)) == (
        f"permission denied; it belongs to the group {group}: run `sudo usermod -aG {group} $USER`, then log in again"
    )
    path.chmod(0o600)  # now no group helps
    assert f"`sudo chmod a+rw {path}`" in explain(errno.EACCES, str(path))


def test_permission_of_a_path_that_cannot_be_seen(tmp_path: Path):
    assert explain(errno.EACCES, str(tmp_path / "hidden")).startswith("permission denied; a folder on the way")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its locks")
def test_names_the_program_that_holds_the_lock(pty_device: PtyDevice):
    lock = "import fcntl, sys; fcntl.flock(0, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", lock], stdin=pty_device.slave, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        assert explain(errno.EAGAIN, str(pty_device.path)) == f"in use by {_comm(other.pid)} (process {other.pid})"
        other.kill()
    fcntl.flock(pty_device.slave, fcntl.LOCK_UN)
    assert explain(errno.EBUSY, str(pty_device.path)) == "in use by another program"


def _comm(pid: int) -> str:
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:  # noqa: PTH123 - one line of text
        return file.read().strip()
