from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any, Final

import orjson

from stripchart.errors import ConfigError, EndOfSource, SourceLost, StripchartError
from stripchart.flow.records import Chunk

MAX_MESSAGE: Final = 200
"""Characters of an exception's text that are shown."""

_DUMPS: Final = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


class FunctionSource:
    """A Python callable, called at a steady interval (``function:package.module:name``).

    It takes nothing and returns a mapping of names to numbers, booleans or strings, nested as you like; or one value,
    which becomes the channel ``value``; or None when there is nothing now. NumPy scalars and arrays are as good as
    numbers and lists. NaN and infinities become JSON's ``null``. Each result is one JSON line, stamped with the
    instant of the call.

    An exception means that the source is lost; it is called again with the pump's back-off. StopIteration, or
    EndOfSource, ends it. It runs in the source's thread, so it should return within a few seconds.

    Parameters
    ----------
    target
        The callable, or where to import it from. Naming it in a configuration runs that module's code.
    options
        See ``Options``.

    Raises
    ------
    ConfigError
        If ``target`` cannot be called, or is a coroutine function.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """Options of ``function:``."""

        interval: float = 0.1
        """Seconds between two calls. Calls that are missed while one takes longer are left out."""

    def __init__(self, target: str | Callable[[], Any], options: Options) -> None:
        name = target if isinstance(target, str) else getattr(target, "__qualname__", type(target).__name__)
        self.url = f"function:{name}"
        self.default_decoder = "json"
        self.status = ""
        if not 0 < options.interval < float("inf"):
            raise ConfigError(f"{self.url}: interval: expected seconds above 0, got {options.interval}")
        if not isinstance(target, str):
            _check_callable(target, self.url)
        self._target = target
        self._interval = options.interval
        self._function: Callable[[], Any] | None = None
        self._first: Sequence[Chunk] = ()
        self._start = 0.0
        self._slot = 0
        self._failed = 0

    def open(self) -> None:
        """Import it if need be, and call it once: a function that fails is not there yet.

        Raises
        ------
        ConfigError
            If it cannot be imported or called.
        SourceLost
            If it raises an exception.
        """
        self._function = _imported(self._target, self.url) if isinstance(self._target, str) else self._target
        self._start = time.monotonic()
        self._slot = 1
        self._first = self._call()

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Call it when its next time has come within ``timeout``; SourceLost if it raises an exception."""
        if self._first:
            first, self._first = self._first, ()
            return first
        wait = self._start + self._slot * self._interval - time.monotonic()
        if wait > timeout:
            time.sleep(timeout)
            return ()
        time.sleep(max(wait, 0.0))
        self._slot = max(self._slot, int((time.monotonic() - self._start) / self._interval)) + 1
        return self._call()

    def close(self) -> None:
        """Let go of an imported function."""
        self._function = None
        self._first = ()

    def _call(self) -> Sequence[Chunk]:
        if self._function is None:
            raise SourceLost(f"{self.url}: not open")
        called_ns = time.time_ns()
        try:
            result = self._function()
            return () if result is None else (Chunk(_json_line(result), called_ns),)
        except StopIteration as error:
            raise EndOfSource(f"{self.url}: it has no more") from error
        except StripchartError:
            raise
        except Exception as error:  # whatever a user's code raises is shown as the reason, and tried again
            self._failed += 1
            self.status = f"failed calls: {self._failed}"
            message = " ".join(str(error).split())[:MAX_MESSAGE]
            raise SourceLost(f"{self.url}: {type(error).__name__}: {message}") from error


def _json_line(result: Any) -> bytes:
    record = result if isinstance(result, Mapping) else {"value": result}
    return orjson.dumps(record, default=_plain, option=_DUMPS)


def _plain(value: Any) -> Any:
    """Return what orjson knows in place of a value that it does not."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):  # arrays without a dimension, or not contiguous
        return value.tolist()
    return float(value)  # Decimal, Fraction, and whatever else counts as a number


def _check_callable(function: Any, url: str) -> None:
    if not callable(function):
        raise ConfigError(f"{url}: expected something to call, found {type(function).__name__}")
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise ConfigError(
            f"{url}: a coroutine function cannot be polled; wrap it, such as `lambda: asyncio.run(read())`, "
            "or keep its newest result in a variable and poll that"
        )


def _imported(target: str, url: str) -> Callable[[], Any]:
    module_name, colon, name = target.partition(":")
    if not (module_name and colon and name):
        raise ConfigError(f"{url}: expected function:package.module:name")
    try:
        module = import_module(module_name)
    except Exception as error:  # importing runs a user's code, which may raise anything
        raise ConfigError(
            f"{url}: cannot import {module_name!r}: {type(error).__name__}: {error}; is its folder on PYTHONPATH?"
        ) from error
    try:
        function = reduce(getattr, name.split("."), module)
    except AttributeError as error:
        raise ConfigError(f"{url}: there is no {name!r} in {module_name!r}") from error
    _check_callable(function, url)
    return function  # type: ignore[return-value]  # just checked
