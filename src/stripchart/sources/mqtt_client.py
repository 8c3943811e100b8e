"""Paho's client without its thread, on a socket of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from paho.mqtt import client as paho

from stripchart.sources.mqtt_socket import BufferedSocket, dial

if TYPE_CHECKING:
    import ssl

CONNECT_TIMEOUT: Final = 3.0
"""Seconds that each of TCP, TLS and WebSocket has to connect."""


class Client(paho.Client):
    """Paho's client on a ``BufferedSocket``. Were ``_create_socket`` no longer called, all would work, but slower."""

    tls: ssl.SSLContext | None = None
    websocket_path = ""
    linger = 0.0
    buffered: BufferedSocket | None = None

    def forget(self) -> None:
        """Drop what the broker has not confirmed: Paho would send it again, who knows how much later."""
        with self._out_message_mutex:
            self._out_messages.clear()

    def _create_socket(self) -> BufferedSocket:
        """Connect; what is half connected is closed, which Paho leaves to the garbage collector."""
        stream: Any = dial(self.host, self.port, CONNECT_TIMEOUT)
        try:
            if self.tls:
                stream = self.tls.wrap_socket(stream, server_hostname=self.host)
            if self.websocket_path:
                stream = self._upgrade(stream)
        except BaseException:
            stream.close()
            raise
        self.buffered = BufferedSocket(stream, self.linger)
        return self.buffered

    def _upgrade(self, stream: Any) -> Any:
        try:
            return paho._WebsocketWrapper(  # noqa: SLF001 - Paho has no public one
                stream, self.host, self.port, self.tls is not None, self.websocket_path, None
            )
        except (ValueError, LookupError) as error:  # it does not expect just any answer
            raise paho.WebsocketConnectionError from error
