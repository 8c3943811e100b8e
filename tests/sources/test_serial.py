from __future__ import annotations

import contextlib
import os
import socket
import sys
import termios
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import serial
import serial.rfc2217

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.sources import serial as module
from stripchart.sources.ports import PortInfo
from stripchart.sources.serial import SerialSource
from stripchart.testing import SourceContract
from support.pty import PtyDevice
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripchart.flow.records import Chunk


def make(target: object, **options: Any) -> SerialSource:
    return SerialSource(str(target), SerialSource.Options(**options))


@contextlib.contextmanager
def opened(target: object, **options: Any) -> Iterator[SerialSource]:
    source = make(target, **options)
    try:
        source.open()
        yield source
    finally:
        source.close()


def read_bytes(source: SerialSource, count: int) -> bytes:
    chunks: list[Chunk] = []

    def enough() -> bool:
        chunks.extend(source.read(0.2))
        return sum(len(chunk.data) for chunk in chunks) >= count

    until(enough, 20, every=0)
    return b"".join(chunk.data for chunk in chunks)


def failure(source: SerialSource) -> str:
    with pytest.raises(SourceLost) as caught:
        source.open()
    source.close()
    message = str(caught.value)
    assert message.startswith(f"{source.url}: ")
    assert "\n" not in message
    return message.removeprefix(f"{source.url}: ")


class TestSerialContract(SourceContract):
    @pytest.fixture(autouse=True)
    def _device(self, pty_device: PtyDevice) -> None:
        self.device = pty_device

    def make(self):
        return make(self.device.path)

    def make_absent(self):
        return make(f"{self.device.path}-absent")

    def stimulate(self):
        self.device.write(b"1,2,3\n")


class TestLoopContract(SourceContract):
    def make(self):
        self.source = make("loop://")
        return self.source

    def stimulate(self):
        self.source.write(b"1,2,3\n")


def test_reads_what_the_device_sends(pty_device: PtyDevice):
    with opened(pty_device.path) as source:
        assert source.url == f"serial:{pty_device.path}"
        assert source.status == ""
        pty_device.write(b"21.5,40\n21.6,41\n")
        assert read_bytes(source, 16) == b"21.5,40\n21.6,41\n"


def test_reads_a_flood_in_order_and_in_bounded_chunks(pty_device: PtyDevice):
    data = b"".join(b"%d\n" % i for i in range(100_000))
    with opened(pty_device.path) as source:
        sending = threading.Thread(target=pty_device.write, args=(data,))
        sending.start()
        received = bytearray()
        previous = 0
        while len(received) < len(data):
            (chunk,) = until(lambda: source.read(0.2))
            assert previous <= chunk.since_ns <= chunk.time_ns
            assert len(chunk.data) < 2 * module.MAX_TAKE
            previous = chunk.time_ns
            received += chunk.data
        sending.join()
    assert received == data


def test_waits_for_more_after_the_first_byte(pty_device: PtyDevice):
    def send() -> None:
        for piece in (b"1", b",2", b"\n"):
            pty_device.write(piece)
            time.sleep(0.01)

    with opened(pty_device.path, coalesce_ms=1000) as source:
        sending = threading.Thread(target=send)
        sending.start()
        (chunk,) = source.read(20)
        sending.join()
    assert chunk.data == b"1,2\n"


def test_chunk_tells_when_its_first_byte_came(pty_device: PtyDevice):
    with opened(pty_device.path, coalesce_ms=100) as source:
        assert source.read(0.05) == ()
        sent_ns = time.time_ns()
        sending = threading.Timer(0.3, pty_device.write, [b"1\n"])
        sending.start()
        (chunk,) = source.read(20)
        sending.join()
    assert chunk.since_ns - sent_ns > 200_000_000  # the wait before it does not count
    assert chunk.time_ns - chunk.since_ns >= 99_000_000  # the coalescing does


def test_what_waited_came_since_the_read_before(pty_device: PtyDevice):
    with opened(pty_device.path) as source:
        before_ns = time.time_ns()
        assert source.read(0) == ()
        after_ns = time.time_ns()
        pty_device.write(b"1\n")
        time.sleep(0.05)
        (chunk,) = source.read(20)
    assert before_ns <= chunk.since_ns <= after_ns


def test_unplugged_device_is_lost_and_found_again(pty_device: PtyDevice):
    source = make(pty_device.path)
    source.open()
    pty_device.unplug()
    with pytest.raises(SourceLost, match=f"^{source.url}: connection lost: "):
        until(lambda: source.read(0.2))
    source.close()
    assert failure(source).startswith("no such device; ")
    pty_device.plug()
    source.open()
    pty_device.write(b"back\n")
    assert read_bytes(source, 5) == b"back\n"
    source.close()


def test_last_bytes_before_a_loss_are_delivered():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        opened(f"socket://127.0.0.1:{server.getsockname()[1]}") as source,
    ):
        peer, _ = server.accept()
        peer.sendall(b"last words\n")
        peer.close()
        assert read_bytes(source, 11) == b"last words\n"
        with pytest.raises(SourceLost, match="connection lost: it was unplugged"):
            source.read(1)


@pytest.mark.filterwarnings("ignore:set(Daemon|Name)\\(\\):DeprecationWarning:serial.rfc2217")
def test_port_of_another_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        machine = threading.Thread(target=serve_looped_port, args=(server,))
        machine.start()
        with opened(f"rfc2217://127.0.0.1:{server.getsockname()[1]}", baudrate=9600, reset="never") as source:
            source.write(b"1,2\n")
            assert read_bytes(source, 4) == b"1,2\n"
            source.write(b"stop\n")
            with pytest.raises(SourceLost, match="connection lost: "):
                until(lambda: source.read(0.2))
        machine.join()


def serve_looped_port(server: socket.socket) -> None:
    """Serve one client by RFC 2217, with a port that echoes, until it writes "stop"."""
    client, _ = server.accept()
    with client, serial.serial_for_url("loop://") as port:
        client.settimeout(20)
        connection = SimpleNamespace(write=client.sendall)
        manager = serial.rfc2217.PortManager(port, connection)
        while b"stop" not in (received := b"".join(manager.filter(client.recv(1024)))):
            port.write(received)
            client.sendall(b"".join(manager.escape(port.read(port.in_waiting))))


def test_absent_device_names_the_ports_that_are_there(monkeypatch: pytest.MonkeyPatch):
    there = [PortInfo("/dev/ttyACM0", "Arduino Uno"), PortInfo("/dev/ttyS0")]
    monkeypatch.setattr("stripchart.sources.ports.list_ports", lambda: there)
    expected = "no such device; ports here: /dev/ttyACM0 (Arduino Uno), /dev/ttyS0"
    assert failure(make("/dev/ttyABSENT7")) == expected


def test_busy_device(pty_device: PtyDevice):
    with opened(pty_device.path):
        problem = failure(make(pty_device.path))
        assert problem.startswith("in use by ")
        if sys.platform == "linux":
            assert problem.endswith(f"(process {os.getpid()})")
        with opened(pty_device.path, exclusive=False) as second:
            assert second.read(0) == ()


def test_denied_device(pty_device: PtyDevice):
    path = os.ttyname(pty_device.slave)
    os.fchmod(pty_device.slave, 0)
    with as_somebody():
        problem = failure(make(path))
    assert problem.startswith("permission denied; ")
    assert path in problem or "usermod" in problem


@contextlib.contextmanager
def as_somebody() -> Iterator[None]:
    """Go without the rights of root, who is denied nothing."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


def test_file_that_is_no_port(tmp_path: Path):
    (tmp_path / "notes").write_text("no port")
    assert "cannot be opened: Could not configure port" in failure(make(tmp_path / "notes"))


def test_connection_refused():
    assert "Connection refused" in failure(make("socket://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"baudrate": 0}, "baudrate: expected a whole number from 1 to 2147483647, got 0"),
        ({"bytesize": 9}, "bytesize: expected one of 5, 6, 7, 8, got 9"),
        ({"parity": "even"}, "parity: expected one of N, E, O, M, S, got 'even'"),
        ({"stopbits": 3.0}, "stopbits: expected one of 1, 1.5, 2, got 3.0"),
        ({"reset": "yes"}, "reset: expected one of leave, never, always, got 'yes'"),
        ({"coalesce_ms": -1}, "coalesce_ms: expected a whole number from 0 to 1000, got -1"),
        ({"parity": "X", "baudrate": -9}, "parity: expected one of N, E, O, M, S, got 'X'\nbaudrate: "),
    ],
)
def test_impossible_options(options: dict[str, Any], expected: str):
    with pytest.raises(ConfigError) as caught:
        SerialSource.Options(**options)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("target", ["nonsense://x", "hwgrep://["])
def test_impossible_url(target: str):
    source = make(target)
    with pytest.raises(ConfigError, match=r"^serial:.*; expected a path, socket://"):
        source.open()
    source.close()


@pytest.mark.parametrize(("target", "match"), [("", ""), ("/dev/ttyUSB0", "2341:0043")])
def test_which_port_must_be_said_once(target: str, match: str):
    with pytest.raises(ConfigError, match="expected a port such as"):
        make(target, match=match)


def test_unusual_baud_rate(pty_device: PtyDevice):
    with opened(pty_device.path, baudrate=31_250) as source:
        assert source.read(0) == ()


class Bus:
    """A USB bus: which ports the system lists. Real ones cannot be had here, and ptys are not listed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.plugged: dict[PortInfo, PtyDevice] = {}
        monkeypatch.setattr(module, "list_ports", lambda: list(self.plugged))

    def plug(self, port: PortInfo, name: str) -> PtyDevice:
        device = PtyDevice(self.folder / name)
        device.plug()
        self.plugged[port._replace(device=str(device.path))] = device
        return device

    def unplug_all(self) -> None:
        while self.plugged:
            self.plugged.popitem()[1].unplug()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    made = Bus(tmp_path, monkeypatch)
    yield made
    made.unplug_all()


UNO = PortInfo("", "Arduino Uno", "2341:0043", "75833", "1-1")
OTHER_UNO = UNO._replace(serial_number="75834", location="1-2")


def test_device_is_found_under_another_name(bus: Bus):
    first = bus.plug(UNO, "ttyACM0")
    with opened(first.path) as source:
        assert source.status == ""
        bus.unplug_all()
        bus.plug(OTHER_UNO, "ttyACM0")
        again = bus.plug(UNO, "ttyACM1")
        source.close()
        source.open()
        assert source.status == f"at {again.path} (Arduino Uno)"
        again.write(b"me\n")
        assert read_bytes(source, 3) == b"me\n"


def test_another_device_at_the_path_is_taken_with_a_warning(bus: Bus, caplog: pytest.LogCaptureFixture):
    first = bus.plug(UNO, "ttyACM0")
    with opened(first.path) as source:
        bus.unplug_all()
        bus.plug(OTHER_UNO, "ttyACM0")
        source.close()
        source.open()
    assert "may be another device than before" in caplog.text


def test_device_is_found_by_its_identity(bus: Bus):
    source = make("", match="2341:0043:75834")
    assert source.url == "serial:?match=2341:0043:75834"
    bus.plug(UNO, "ttyACM0")
    assert failure(source) == f"no port matches; ports here: {bus.folder}/ttyACM0 (Arduino Uno)"
    wanted = bus.plug(OTHER_UNO, "ttyACM1")
    source.open()
    assert source.status == f"at {wanted.path} (Arduino Uno)"
    wanted.write(b"me\n")
    assert read_bytes(source, 3) == b"me\n"
    source.close()


def test_match_must_be_unique_until_the_device_is_known(bus: Bus):
    source = make("", match="arduino")
    bus.plug(UNO, "ttyACM0")
    source.open()
    source.close()
    bus.plug(OTHER_UNO, "ttyACM1")
    source.open()  # known by now
    source.close()
    assert failure(make("", match="arduino")).startswith("2 ports match, say more; ports here: ")


def test_writes_from_another_thread_while_reading(pty_device: PtyDevice):
    with opened(pty_device.path) as source:
        writing = threading.Thread(target=lambda: [source.write(b"command %d\n" % i) for i in range(100)])
        writing.start()
        pty_device.write(b"x" * 3000)
        assert read_bytes(source, 3000) == b"x" * 3000
        expected = b"".join(b"command %d\n" % i for i in range(100))
        assert pty_device.read(len(expected)) == expected
        writing.join()


def test_write_to_a_device_that_takes_nothing(pty_device: PtyDevice):
    with opened(pty_device.path) as source, pytest.raises(NoAnswer, match=r"took only \d+ of 1048576 bytes in time"):
        source.write(bytes(1 << 20))


def test_write_needs_an_open_port(pty_device: PtyDevice):
    source = make(pty_device.path)
    with pytest.raises(SourceLost, match="not open, so nothing was written"):
        source.write(b"x")
    with pytest.raises(SourceLost, match="not open"):
        source.read(0)


def test_close_waits_for_a_writer(pty_device: PtyDevice):
    source = make(pty_device.path)
    source.open()
    failures: list[SourceLost] = []

    def write() -> None:
        try:
            source.write(bytes(1 << 20))
        except SourceLost as lost:
            failures.append(lost)

    writing = threading.Thread(target=write)
    writing.start()
    until(source._writing.locked)
    source.close()
    assert not source._writing.locked()
    writing.join()
    assert "in time" in str(failures[0])


@pytest.mark.parametrize(("reset", "kept"), [("leave", True), ("never", False)])
def test_hangup_on_close(pty_device: PtyDevice, reset: str, kept: bool):
    attributes = termios.tcgetattr(pty_device.slave)
    attributes[2] |= termios.HUPCL
    termios.tcsetattr(pty_device.slave, termios.TCSANOW, attributes)
    with opened(pty_device.path, reset=reset) as source:
        assert source.status == ""
    assert bool(termios.tcgetattr(pty_device.slave)[2] & termios.HUPCL) is kept


def test_reset_without_a_line_for_it_is_told(pty_device: PtyDevice):
    with opened(pty_device.path, reset="always") as source:
        assert source.status == "it has no DTR line to reset the device by"


@pytest.mark.parametrize("dtr", [True, False])
def test_reset_is_a_pulse_on_dtr(caplog: pytest.LogCaptureFixture, dtr: bool):
    caplog.set_level("INFO", "pySerial.loop")
    with opened("loop://?logging=info", reset="always", dtr=dtr, rts=False):
        pass
    levels = [record.message for record in caplog.records if "dtr" in record.message]
    assert levels == [f"_update_dtr_state({level}) -> state of DSR" for level in (dtr, not dtr, dtr)]
    assert "_update_rts_state(False) -> state of CTS" in [record.message for record in caplog.records]
