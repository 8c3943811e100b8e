"""Datagrams that are sent to this machine by UDP."""

from __future__ import annotations

import logging
import socket
import struct
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, Final

from stripchart.errors import ConfigError, SourceLost
from stripchart.flow.records import Chunk
from stripchart.sources.poller import Poller
from stripchart.sources.url import endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

MAX_DATAGRAM: Final = 65_535
"""The length field of UDP has 16 bits, so that a buffer of this size never cuts a datagram off."""
MAX_DATAGRAMS: Final = 10_000
"""Datagrams that one read takes at most."""
UDP_COALESCE: Final = 0.001
"""Seconds between two reads: the default buffer of Linux, 416 KiB, holds some 500 small datagrams."""

# Linux, include/uapi/asm-generic/socket.h; Python does not name them.
_SO_TIMESTAMPNS: Final = 35
_SO_RXQ_OVFL: Final = 40
_TIMESPEC: Final = struct.Struct("@ll")
_COUNTER: Final = struct.Struct("@I")
_ANCILLARY: Final = socket.CMSG_SPACE(_TIMESPEC.size) + socket.CMSG_SPACE(_COUNTER.size)


class UdpSource:
    """Datagrams that are sent to a port of this machine (``udp://:47269``).

    Without a host it listens on 127.0.0.1 only. ``udp://0.0.0.0:47269`` listens to the network (anybody there can
    then send samples); a multicast address joins that group. Each datagram is one chunk with its own time: on
    Linux the instant at which the kernel received it, however late it is read.

    Datagrams that the kernel dropped, because its buffer was full, are counted in ``status`` (Linux).

    Parameters
    ----------
    target
        ``//host:port``, or ``//:port`` for this machine only.
    options
        See ``Options``.

    Raises
    ------
    ConfigError
        If ``target`` has no port.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """Options of ``udp:``."""

        newline: bool = True
        """End a datagram with a newline where it has none, so that it is a line of its own; the newline counts as a
        byte received. Off for binary packets."""
        buffer: int = 4 << 20
        """Bytes of buffer to ask the system for; it may grant less (Linux: ``sysctl net.core.rmem_max``)."""
        interface: str = ""
        """Network interface on which to join a multicast group, such as ``eth0``; empty leaves it to the system."""

    def __init__(self, target: str, options: Options) -> None:
        self.url = f"udp:{target}"
        self.default_decoder = "auto"
        self.status = ""
        host, self._port = endpoint(self.url)
        self._host = host or "127.0.0.1"
        if options.buffer < 1:
            raise ConfigError(f"{self.url}: buffer: expected bytes, 1 or more, got {options.buffer}")
        self._newline = options.newline
        self._buffer = options.buffer
        self._interface = options.interface
        self._socket: socket.socket | None = None
        self._poller: Poller | None = None
        self._dropped = 0

    def open(self) -> None:
        """Listen.

        Raises
        ------
        SourceLost
            If another program has the port, or this machine does not have the address now.
        ConfigError
            If the port needs privileges.
        """
        self.close()
        self._dropped = 0
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
            self._listen(self._socket, address)
        except PermissionError as error:
            self.close()
            raise ConfigError(f"{self.url}: {error.strerror or error}; ports below 1024 need privileges") from error
        except OSError as error:
            self.close()
            raise SourceLost(f"{self.url}: cannot listen: {error.strerror or error}") from error
        self._poller = Poller(self._socket.fileno(), UDP_COALESCE)

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return the datagrams that have arrived."""
        if self._socket is None or self._poller is None:
            raise SourceLost(f"{self.url}: not open")
        if not self._poller.wait(timeout):
            return ()
        now, since = self._poller.stamp()
        chunks: list[Chunk] = []
        dropped = self._dropped
        try:
            while len(chunks) < MAX_DATAGRAMS:
                data, ancillary, _, _ = self._socket.recvmsg(MAX_DATAGRAM, _ANCILLARY)
                arrived, dropped = _measured(ancillary, now, dropped)
                arrived = max(arrived, since)  # the kernel stamps the first ones late, while it turns stamping on
                if self._newline and not data.endswith(b"\n"):
                    data += b"\n"
                chunks.append(Chunk(data, arrived, since))
                since = arrived
        except BlockingIOError:
            pass  # all read
        except OSError as error:
            raise SourceLost(f"{self.url}: {error.strerror or error}") from error
        if dropped != self._dropped:
            self._tell_dropped(dropped)
        return chunks

    def close(self) -> None:
        """Stop listening."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._poller = None

    def _listen(self, listener: socket.socket, address: Any) -> None:
        listener.settimeout(0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
        if sys.platform == "linux":
            listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            listener.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        host = ip_address(address[0].partition("%")[0])
        if host.is_multicast:
            index = socket.if_nametoindex(self._interface) if self._interface else 0
            _join(listener, host, address, index)
        else:
            listener.bind(address)

    def _tell_dropped(self, dropped: int) -> None:
        if not self._dropped and self._socket is not None:
            granted = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            log.warning("%s: datagrams are lost: the receive buffer of %d bytes was full", self.url, granted)
        self._dropped = dropped
        self.status = f"datagrams lost, the receive buffer was full: {dropped}"


def _measured(ancillary: Sequence[tuple[int, int, bytes]], arrived: int, dropped: int) -> tuple[int, int]:
    """Return when a datagram arrived and how many were dropped so far, if the kernel says so; else what is given."""
    for _, kind, value in ancillary:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(value)
            arrived = seconds * 1_000_000_000 + nanoseconds
        elif kind == _SO_RXQ_OVFL:
            (dropped,) = _COUNTER.unpack(value)
    return arrived, dropped


def _join(listener: socket.socket, group: IPv4Address | IPv6Address, address: Any, interface: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # several programs may share a group
    if isinstance(group, IPv4Address):
        listener.bind(address)
        request = group.packed + bytes(4) + struct.pack("@i", interface)  # struct ip_mreqn
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    else:
        host, port, flow, scope = address
        listener.bind((host, port, flow, interface or scope))
        request = group.packed + struct.pack("@I", interface or scope)  # struct ipv6_mreq
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
