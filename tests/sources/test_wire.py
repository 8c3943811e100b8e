from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import serial

from stripchart.sources import wire
from stripchart.sources.wire import DescriptorWire, PolledWire, Wire, wire_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.pty import PtyDevice


@pytest.fixture
def port(pty_device: PtyDevice) -> Iterator[serial.Serial]:
    with serial.Serial(str(pty_device.path)) as made:
        yield made


@pytest.fixture(params=["descriptor", "polled"])
def made(request: pytest.FixtureRequest, port: serial.Serial) -> Wire:
    port.timeout, port.write_timeout = 0.2, wire.WRITE_TIMEOUT
    return DescriptorWire(port.fileno()) if request.param == "descriptor" else PolledWire(port)


def read(made: Wire) -> bytes:
    assert made.wait(20)
    return made.take()


def test_port_with_a_descriptor_is_read_by_it(port: serial.Serial):
    assert isinstance(wire_of(port), DescriptorWire)


def test_port_without_a_descriptor_is_polled():
    with serial.serial_for_url("loop://") as port:
        assert isinstance(wire_of(port), PolledWire)


def test_waits_for_bytes_and_takes_them(made: Wire, pty_device: PtyDevice):
    assert not made.wait(0)
    assert not made.wait(0.05)
    later = threading.Timer(0.05, pty_device.write, [b"1,2\n"])
    later.start()
    assert made.wait(20)
    later.join()
    taken = made.take()
    while len(taken) < 4:  # a pty may hand over a write in pieces
        taken += read(made)
    assert taken == b"1,2\n"
    assert not made.wait(0)


def test_writes_all(made: Wire, pty_device: PtyDevice):
    data = bytes(range(256)) * 200
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pty_device.read(len(data))))
    reader.start()
    made.write(data)
    reader.join()
    assert received == [data]


def test_write_that_nobody_reads_ends_in_time(made: Wire):
    with pytest.raises(OSError, match=r"in time|[Tt]imeout"):
        made.write(bytes(1 << 20))


def test_device_that_is_gone_is_an_error(made: Wire, pty_device: PtyDevice):
    pty_device.unplug()
    with pytest.raises(OSError, match=r"unplugged|Input/output error"):
        read(made)
    with pytest.raises(OSError, match="Input/output error"):
        made.write(b"x")


def test_full_loop_ends_in_time():
    with (
        serial.serial_for_url("loop://", baudrate=4_000_000, write_timeout=0.1) as port,
        pytest.raises(TimeoutError, match="did not take 10000 bytes in time"),
    ):
        wire_of(port).write(bytes(10_000))


def test_end_of_a_connection_is_an_error():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        serial.serial_for_url(f"socket://127.0.0.1:{server.getsockname()[1]}") as port,
    ):
        peer, _ = server.accept()
        made = wire_of(port)
        peer.sendall(b"last")
        peer.close()
        assert read(made) == b"last"
        with pytest.raises(OSError, match="it was unplugged"):
            read(made)
