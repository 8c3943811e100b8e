from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.records import Chunk
from stripchart.sources.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Sequence

READ_SIZE: Final = 1 << 20
"""Bytes that one read takes at most; a file gives as much as is asked."""
PIPE_SIZE: Final = 1 << 16
"""Bytes that a pipe holds."""


class StdinSource:
    """Standard input: a pipe, a file or a terminal (``-``).

    The descriptor is the process's own: it is never closed and stays in blocking mode, since a shell shares it.

    Parameters
    ----------
    target
        Empty.
    options
        See ``Options``.

    Raises
    ------
    ConfigError
        If there is a target.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """Options of ``-``."""

        fd: int = 0
        """Number of the file descriptor to read; 0 is standard input."""

    def __init__(self, target: str, options: Options) -> None:
        if target:
            raise ConfigError(f"-: expected nothing after it, found {target!r}")
        self.url = "-"
        self.default_decoder = "auto"
        self.status = ""
        self._fd = options.fd
        self._poller: Poller | None = None

    def open(self) -> None:
        """Look at the descriptor; ConfigError if it is closed or a folder."""
        try:
            os.read(self._fd, 0)
        except OSError as error:
            raise ConfigError(
                f"-: file descriptor {self._fd} cannot be read: {error.strerror}; pipe something into it"
            ) from error
        if os.isatty(self._fd):
            self.status = "reading this terminal; Ctrl-D ends it"
        self._poller = Poller(self._fd)

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return what has arrived; EndOfSource at its end."""
        if self._poller is None:
            raise SourceLost("-: not open")
        if not self._poller.wait(timeout):
            return ()
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:  # another process that shares it was faster
            return ()
        except OSError as error:  # a terminal that was closed does not come back
            raise EndOfSource(f"-: {error.strerror}") from error
        if not data:
            raise EndOfSource("-: end of input")
        if len(data) >= PIPE_SIZE:
            self._poller.hurry()
        return (Chunk(data, *self._poller.stamp()),)

    def close(self) -> None:
        """Stop reading; the descriptor stays open."""
        self._poller = None
