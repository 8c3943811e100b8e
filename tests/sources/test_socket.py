from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import sys
import threading
import time
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.sources.tcp import TcpSource
from stripchart.sources.udp import UdpSource
from stripchart.testing import SourceContract
from support.broker import free_port
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripchart.flow.records import Chunk

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own account of datagrams")


class Server:
    """A TCP server that keeps its newest connection, until the client closes it."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> None:
        self.listener = socket.create_server((host, 0), family=family)
        self.port: int = self.listener.getsockname()[1]
        self.connections: list[socket.socket] = []

    def accept(self) -> socket.socket:
        self.listener.settimeout(10)
        self.hang_up()
        self.connections.append(self.listener.accept()[0])
        return self.connections[-1]

    def hang_up(self) -> None:
        for connection in self.connections:
            connection.close()
        self.connections.clear()

    def close(self) -> None:
        self.hang_up()
        self.listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        yield made


def tcp(target: str, **options: Any) -> TcpSource:
    return TcpSource(target, TcpSource.Options(**options))


def udp(target: str, **options: Any) -> UdpSource:
    return UdpSource(target, UdpSource.Options(**options))


@contextlib.contextmanager
def listening(target: str, **options: Any) -> Iterator[UdpSource]:
    source = udp(target, **options)
    source.open()
    try:
        yield source
    finally:
        source.close()


def read_some(source: TcpSource | UdpSource, count: int = 1) -> list[Chunk]:
    chunks: list[Chunk] = []

    def enough() -> bool:
        chunks.extend(source.read(0.1))
        return len(chunks) >= count

    until(enough, 20)
    return chunks


class TestTcpContract(SourceContract):
    @pytest.fixture(autouse=True)
    def _server(self, server: Server):
        self.server = server

    def make(self):
        return tcp(f"//127.0.0.1:{self.server.port}")

    def make_absent(self):
        return tcp(f"//127.0.0.1:{free_port()}")

    def stimulate(self):
        self.server.accept().sendall(b"1 2 3\n")
        self.server.hang_up()


class TestUdpContract(SourceContract):
    @pytest.fixture(autouse=True)
    def _port(self, sender: socket.socket):
        self.port = free_port()
        self.sender = sender

    def make(self):
        return udp(f"//:{self.port}")

    def make_absent(self):
        return udp(f"//192.0.2.1:{self.port}")  # an address for documentation, which no machine has

    def stimulate(self):
        self.sender.sendto(b"t:1", ("127.0.0.1", self.port))


def test_tcp_reads_all_bytes_in_order(server: Server):
    source = tcp(f"//localhost:{server.port}")
    source.open()
    data = b"".join(b"%d\n" % i for i in range(300_000))
    sending = threading.Thread(target=server.accept().sendall, args=(data,))
    sending.start()
    received = b""
    previous = 0
    while len(received) < len(data):
        (chunk,) = until(lambda: source.read(0.1))
        assert previous <= chunk.since_ns <= chunk.time_ns
        previous = chunk.time_ns
        received += chunk.data
    sending.join()
    assert received == data
    source.close()


def test_tcp_tells_when_the_peer_closes_after_giving_its_last_bytes(server: Server):
    source = tcp(f"//127.0.0.1:{server.port}")
    source.open()
    server.accept().sendall(b"last\n")
    server.hang_up()
    assert read_some(source)[0].data == b"last\n"
    with pytest.raises(SourceLost, match=f"^tcp://127.0.0.1:{server.port}: closed by the peer$"):
        read_some(source)
    source.close()


def test_tcp_tells_when_the_peer_breaks_off(server: Server):
    source = tcp(f"//127.0.0.1:{server.port}")
    source.open()
    server.accept().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
    server.hang_up()
    with pytest.raises(SourceLost, match="Connection reset by peer"):
        read_some(source)
    source.close()


def test_tcp_writes_commands(server: Server):
    source = tcp(f"//127.0.0.1:{server.port}")
    with pytest.raises(SourceLost, match="not open"):
        source.write(b"rate 10\n")
    source.open()
    connection = server.accept()
    source.write(b"rate 10\n")
    assert connection.recv(100) == b"rate 10\n"
    with pytest.raises(NoAnswer, match="took only a part, or nothing, within 1 s"):
        source.write(bytes(100_000_000))  # more than all buffers, and the peer does not read
    source.close()


def test_tcp_over_ipv6():
    try:
        server = Server(socket.AF_INET6, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    source = tcp(f"//[::1]:{server.port}")
    source.open()
    server.accept().sendall(b"6\n")
    assert read_some(source)[0].data == b"6\n"
    source.close()
    server.close()


def test_tcp_tries_all_addresses_of_a_host(server: Server):
    source = tcp(f"//localhost:{server.port}")  # the server listens on 127.0.0.1 only, localhost may be ::1 first
    source.open()
    source.close()


def test_tcp_probes_a_silent_peer(server: Server):
    source = tcp(f"//127.0.0.1:{server.port}", keepalive=7)
    source.open()
    assert source._socket is not None
    assert source._socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert source._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7
    source.close()


def test_tcp_does_not_connect_to_itself():
    """Linux calls from the even ports in turn, so that a free one, called again and again, is called from itself."""
    port = free_port() // 2 * 2
    source = tcp(f"//127.0.0.1:{port}")
    for _ in range(10_000):
        try:
            source.open()
        except SourceLost as error:
            assert "Connection refused" in str(error)  # noqa: PT017 - the loop is tight by intent
        else:
            pytest.fail("it is connected")


def test_tcp_names_what_it_could_not_reach():
    with pytest.raises(SourceLost, match=r"^tcp://no-such-host.invalid:70: cannot connect: "):
        tcp("//no-such-host.invalid:70").open()


@pytest.mark.parametrize(
    "target", ["", "//", "//host", "//host:", "//host:99999", "//host:x", "//::1:70", "//h:1/path", "h:1"]
)
@pytest.mark.parametrize("make", [tcp, udp])
def test_an_endpoint_is_a_host_and_a_port(make: Any, target: str):
    with pytest.raises(ConfigError, match=r"expected (tcp|udp)://HOST:PORT, with an IPv6 address in brackets"):
        make(target)


def test_options_are_checked():
    with pytest.raises(ConfigError, match="keepalive: expected seconds, 1 or more, got 0"):
        tcp("//host:1", keepalive=0)
    with pytest.raises(ConfigError, match="expected a host before the port"):
        tcp("//:7000")
    with pytest.raises(ConfigError, match="buffer: expected bytes, 1 or more, got 0"):
        udp("//:7000", buffer=0)


def test_udp_gives_a_chunk_for_each_datagram(sender: socket.socket):
    port = free_port()
    with listening(f"//:{port}") as source:
        before = time.time_ns()
        for data in (b"a:1", b"a:2\nb:3\n", b"", b"x" * 60_000):
            sender.sendto(data, ("127.0.0.1", port))
        chunks = read_some(source, 4)
        assert [chunk.data for chunk in chunks] == [b"a:1\n", b"a:2\nb:3\n", b"\n", b"x" * 60_000 + b"\n"]
        times = [chunk.time_ns for chunk in chunks]
        assert times == sorted(times)
        assert before <= times[0] <= times[-1] <= time.time_ns()
        assert all(chunk.since_ns <= chunk.time_ns for chunk in chunks)
        assert all(later.since_ns == earlier.time_ns for earlier, later in itertools.pairwise(chunks))
        assert source.read(0) == ()


def test_udp_leaves_binary_packets_alone(sender: socket.socket):
    port = free_port()
    with listening(f"//:{port}", newline=False) as source:
        sender.sendto(b"\xaa\x01\x00", ("127.0.0.1", port))
        assert read_some(source)[0].data == b"\xaa\x01\x00"


@linux_only
def test_udp_datagrams_that_are_read_late_have_the_time_of_their_arrival(sender: socket.socket):
    port = free_port()
    with listening(f"//:{port}") as source:

        def stamping() -> bool:
            """Whether the kernel, which turns stamping on in the background, does so by now."""
            sender.sendto(b"0", ("127.0.0.1", port))
            time.sleep(0.02)
            late_ns = time.time_ns() - 10_000_000
            return source.read(1)[0].time_ns < late_ns

        until(stamping)
        sent = []
        for _ in range(3):
            sent.append(time.time_ns())
            sender.sendto(b"1", ("127.0.0.1", port))
            time.sleep(0.2)
        read_ns = time.time_ns()
        chunks = source.read(0)
        assert all(chunk.time_ns >= instant for chunk, instant in zip(chunks, sent, strict=True))
        assert chunks[0].time_ns <= sent[1]
        assert chunks[1].time_ns <= sent[2]
        assert chunks[2].time_ns <= read_ns


@linux_only
def test_udp_counts_what_the_kernel_dropped(sender: socket.socket, caplog: pytest.LogCaptureFixture):
    port = free_port()
    with listening(f"//:{port}", buffer=4096) as source:
        assert source.status == ""
        for round_ in range(2):
            for _ in range(200):
                sender.sendto(b"x" * 100, ("127.0.0.1", port))
            received = len(source.read(0))
            assert 0 < received < 200
            sender.sendto(b"next", ("127.0.0.1", port))  # the count travels with the next datagram
            assert read_some(source)[0].data == b"next\n"
            if round_ == 0:
                assert source.status == f"datagrams lost, the receive buffer was full: {200 - received}"
                first = 200 - received
        assert source.status.endswith(f": {first + 200 - received}")
        assert [record.message.partition(" of ")[0] for record in caplog.records] == [
            f"udp://:{port}: datagrams are lost: the receive buffer"
        ]


def test_udp_listens_on_this_machine_only_unless_told_otherwise():
    with listening(f"//:{free_port()}") as source:
        assert source._socket is not None
        assert source._socket.getsockname()[0] == "127.0.0.1"
    with listening(f"//0.0.0.0:{free_port()}") as source:
        assert source._socket is not None
        assert source._socket.getsockname()[0] == "0.0.0.0"


def test_udp_port_in_use_is_a_loss_that_may_pass(sender: socket.socket):
    sender.bind(("127.0.0.1", 0))
    with pytest.raises(SourceLost, match="cannot listen: Address already in use"):
        udp(f"//:{sender.getsockname()[1]}").open()


def test_udp_joins_a_multicast_group(sender: socket.socket):
    port = free_port()
    with listening(f"//239.192.70.70:{port}", interface="lo") as source:
        index = struct.pack("@4s4si", bytes(4), bytes(4), socket.if_nametoindex("lo"))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, index)
        sender.sendto(b"group", ("239.192.70.70", port))
        assert read_some(source)[0].data == b"group\n"


@linux_only
@pytest.mark.skipif(not Path("/proc/net/igmp6").exists(), reason="this machine has no IPv6")
@pytest.mark.parametrize("group", ["ff02::7070", "ff05::7070"])
def test_udp_joins_a_multicast_group_over_ipv6(group: str):
    packed = ip_address(group).packed.hex()
    with listening(f"//[{group}]:{free_port()}", interface="lo"):
        joined = [line.split()[1:3] for line in Path("/proc/net/igmp6").read_text().splitlines()]
        assert ["lo", packed] in joined  # sending to it would need a route, which few machines have on lo
    assert packed not in Path("/proc/net/igmp6").read_text()


def test_udp_interface_that_is_not_there_is_a_loss_that_may_pass():
    with pytest.raises(SourceLost, match="cannot listen: "):
        udp(f"//239.192.70.70:{free_port()}", interface="nowhere0").open()
