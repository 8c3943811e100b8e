"""A session without a browser: events in, messages out, and what a browser would hold after them."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.document import Document

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from stripchart.ui.context import Context
from stripchart.ui.session import Session
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Callable


class Visit:
    """A session as a browser would drive it.

    Attributes
    ----------
    held
        The columns of each source in the browser.
    """

    def __init__(self, hub: Hub | None = None, **look: Any) -> None:
        self.document = Document()
        self.context = Context(hub or Hub(), [], **look)
        self.session = Session(self.document, self.context)
        self.held: dict[str, dict[str, list[Any]]] = {}

    @property
    def page(self) -> Any:
        return self.document.get_model_by_name("page")

    def publish(self, rows: int, stream: str = "s", name: str = "a") -> None:
        steps = np.arange(rows, dtype=np.int64)
        self.context.hub.publish(make_batch(stream, (Channel(name),), time.time_ns() - 1_000_000_000 + steps, [steps]))

    def begin(self) -> None:
        self.session._begin(None)

    def end(self) -> None:
        self.session._end(None)

    def ticks(self, count: int = 2) -> list[dict[str, Any]]:
        """Let some ticks pass and return the messages that were sent."""
        told = [self.page.tick]
        for _ in range(count):
            self.session._tick()
            told.append(self.page.tick)
        messages = [json.loads(new) for old, new in pairwise(told) if new != old]
        for message in messages:
            for key, (anew, columns) in message["data"].items():
                kept = {} if anew else self.held[key]
                self.held[key] = {name: kept.get(name, []) + column for name, column in columns.items()}
        return messages

    def columns(self) -> list[tuple[int, int]]:
        """Let two ticks pass and return, of the only stream, whether rows came anew and how many they stand for."""
        sent = [message["data"]["s0"] for message in self.ticks() if message["data"]]
        return [(anew, sum(columns["n"])) for anew, columns in sent]

    def rows(self, key: str = "s0") -> int:
        """How many rows the browser's source stands for."""
        return sum(self.held.get(key, {}).get("n", []))

    def until(self, condition: Callable[[], Any], what: str = "") -> None:
        """Let ticks pass until the condition holds."""

        def holds() -> Any:
            self.ticks(1)
            return condition()

        until(holds, what=what)

    def told(self, name: str) -> Any:
        """Return what a property of the page says."""
        return json.loads(getattr(self.page, name) or "null")
