from __future__ import annotations

import functools
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from stripchart.sources.mqtt_socket import BufferedSocket, dial
from support.broker import free_port
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    buffered = BufferedSocket(ours)
    buffered.setblocking(flag=False)
    yield buffered, theirs
    buffered.close()
    theirs.close()


def test_receives_only_what_it_is_given(ends: tuple[BufferedSocket, socket.socket]):
    buffered, theirs = ends
    theirs.sendall(b"from the network")
    with pytest.raises(BlockingIOError):
        buffered.recv(1)
    buffered.give(b"abc")
    buffered.give(b"d")
    assert [buffered.recv(1), buffered.recv(2), buffered.recv(9)] == [b"a", b"bc", b"d"]
    with pytest.raises(BlockingIOError):
        buffered.recv(1)


def test_takes_what_has_arrived(ends: tuple[BufferedSocket, socket.socket]):
    buffered, theirs = ends
    assert buffered.take() is None
    theirs.sendall(b"ab")
    theirs.sendall(b"c")
    assert buffered.take() == b"abc"
    theirs.close()
    assert buffered.take() == b""


def test_lingers_until_the_other_end_has_read_all():
    ours, theirs = socket.socketpair()
    buffered = BufferedSocket(ours, linger=10.0)
    buffered.setblocking(flag=False)
    buffered.send(b"goodbye")
    closing = threading.Thread(target=buffered.close, daemon=True)
    closing.start()
    assert theirs.recv(100) == b"goodbye"
    theirs.sendall(b"what nobody wants to know any more")
    assert closing.is_alive()
    theirs.close()
    closing.join(5)
    assert not closing.is_alive()
    assert ours.fileno() == -1


def test_lingers_no_longer_than_it_is_told():
    ours, theirs = socket.socketpair()
    buffered = BufferedSocket(ours, linger=0.01)
    buffered.setblocking(flag=False)
    buffered.close()
    assert ours.fileno() == -1
    theirs.close()


def test_sends_when_flushed_as_much_as_goes(ends: tuple[BufferedSocket, socket.socket]):
    buffered, theirs = ends
    theirs.settimeout(0)
    data = bytes(range(256)) * 20_000
    assert buffered.send(data) == len(data)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    buffered.flush()
    assert 0 < buffered.unsent < len(data), "the other end did not read, so that it must not have gone at once"
    received = bytearray()

    def receive() -> bool:
        buffered.flush()
        received.extend(theirs.recv(1 << 20))
        return len(received) == len(data)

    until(receive, every=0)
    assert received == data
    assert buffered.unsent == 0


def test_sends_the_rest_when_closed(ends: tuple[BufferedSocket, socket.socket]):
    buffered, theirs = ends
    buffered.send(b"goodbye")
    buffered.close()
    assert theirs.recv(100) == b"goodbye"
    assert theirs.recv(100) == b""


def test_close_after_the_other_end(ends: tuple[BufferedSocket, socket.socket]):
    buffered, theirs = ends
    theirs.close()
    buffered.send(b"goodbye")
    buffered.close()
    assert buffered.fileno() == -1


def test_a_connection_to_oneself_counts_as_refused(monkeypatch: pytest.MonkeyPatch):
    port = free_port()
    from_that_port = functools.partial(socket.create_connection, source_address=("127.0.0.1", port))
    monkeypatch.setattr(socket, "create_connection", from_that_port)
    with pytest.raises(ConnectionRefusedError):
        dial("127.0.0.1", port, 5.0)
