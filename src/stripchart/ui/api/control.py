"""The routes by which people talk back: the console of a source, what is sent to it, and who has its device."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError
from tornado.web import HTTPError

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.flow.commands import MAX_COMMAND, PATIENCE, outcome
from stripchart.flow.controls import Ending, payload, read_console
from stripchart.ui.api.base import ApiHandler
from stripchart.ui.serving.access import Role

if TYPE_CHECKING:
    from concurrent.futures import Future

    from stripchart.flow.pump import Pump

T = TypeVar("T")

MAX_TOPIC: Final = 1_024
"""Characters of a topic."""


class ConsoleHandler(ApiHandler):
    """GET /api/console?source=NAME&after=N: what came and what was sent, after the line of that number."""

    async def get(self) -> None:
        """Tell it, from another thread: it may be thousands of lines."""
        try:
            after = self.whole_number("after", 0)
        except (ValueError, OverflowError):
            self.reply({"error": "after: expected the number of a line, a whole number"}, 400)
            return
        name = self.get_query_argument("source", "")
        pump = self.context.pump(name)
        if pump is None:
            self.reply(_unknown(name), 404)
            return
        answer = await asyncio.to_thread(read_console, pump, self.context.controls(name), after)
        role = self.access.role(self.request)
        if role is not Role.CONTROL:  # what a button sends is for those who may press it
            answer["buttons"] = []
        self.reply({**answer, "role": role})


class Wanted(BaseModel, extra="forbid", strict=True):
    """What a request asks for; its source is the least."""

    source: str


class Sending(Wanted):
    """A text with what follows it, or bytes in hexadecimal digits."""

    text: str | None = None
    hex: str | None = None
    topic: str = Field("", max_length=MAX_TOPIC)
    ending: Ending | None = None


class Handing(Wanted):
    """Whether the device is left to other programs, or taken back."""

    action: Literal["release", "take"]


class ControlHandler(ApiHandler):
    """Does what a JSON object asks for. A form of another page cannot send one, and the guard knows the origin."""

    needs_control = True
    wants: type[Any] = Wanted

    async def post(self) -> None:
        """Read what is wanted, do it, and tell what became of it."""
        if not self.brings_json:
            self.reply({"error": "expected a body of type application/json"}, 415)
            return
        try:
            wanted = self.wants.model_validate_json(self.request.body)
            pump = self.context.pump(wanted.source)
            if pump is None:
                self.reply(_unknown(wanted.source), 404)
                return
            answer = await self.act(pump, wanted)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            self.reply({"error": f"{place}: {first['msg']}" if place else first["msg"]}, 400)
        except ConfigError as error:
            self.reply({"error": str(error)}, 400)
        except NoAnswer as error:
            self.reply({"error": str(error)}, 504)
        except SourceLost as error:
            self.reply({"error": str(error)}, 409)
        else:
            self.reply(answer)

    async def act(self, pump: Pump, wanted: Any) -> dict[str, Any]:
        """Do it, and return the answer."""
        raise NotImplementedError


class SendHandler(ControlHandler):
    """POST /api/send {"source", "text" or "hex", "topic", "ending"}: send a command to a device or a topic."""

    wants = Sending

    async def act(self, pump: Pump, wanted: Sending) -> dict[str, Any]:
        """Send it, and tell where it stands in the console."""
        usual = self.context.controls(pump.name).usual_ending(pump)
        data = payload(wanted.text, wanted.hex, usual if wanted.ending is None else wanted.ending)
        if len(data) > MAX_COMMAND:
            raise HTTPError(413, reason=f"expected a command of at most {MAX_COMMAND} bytes, got {len(data)}")
        number = await _outcome(pump.send(data, wanted.topic))
        return {"source": pump.name, "bytes": len(data), "number": number}


class PortHandler(ControlHandler):
    """POST /api/port {"source", "action": "release" or "take"}: leave a device to other programs for a while."""

    wants = Handing

    async def act(self, pump: Pump, wanted: Handing) -> dict[str, Any]:
        """Do it; when it is released, the device is closed."""
        if wanted.action == "take":
            pump.retake()
        else:
            await _outcome(pump.release())
        return {"source": pump.name, "released": wanted.action == "release", "state": str(pump.state)}


async def _outcome(receipt: Future[T]) -> T:
    await asyncio.wait([asyncio.wrap_future(receipt)], timeout=PATIENCE)
    return outcome(receipt, PATIENCE)


def _unknown(name: str) -> dict[str, str]:
    return {"error": f"no such source: {name}; see /api/ledger"}


ROUTES: Final = [
    (r"/api/console", ConsoleHandler),
    (r"/api/send", SendHandler),
    (r"/api/port", PortHandler),
]
