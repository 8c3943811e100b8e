"""The routes of notes: what people write at a time, kept in the recording."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import BaseModel, ValidationError

from stripchart.errors import StripchartError
from stripchart.flow.history import EVER
from stripchart.ui.api.base import ApiHandler

MOST: Final = 1_000
"""Notes that are listed: the newest."""


class Note(BaseModel, extra="forbid", strict=True):
    """A note as a request brings it."""

    time_ns: int
    text: str


class NotesHandler(ApiHandler):
    """GET /api/notes: the newest, oldest first; ``refused`` says why this visitor may write none."""

    def get(self) -> None:
        """Tell them."""
        notes = self.context.notes()
        refusal = self.access.judge_keeping(self.request)
        refused = "Nothing is recorded here, so a note would not last." if self.context.note is None else ""
        self.reply(
            {
                "notes": [{"time_ns": note.time_ns, "text": note.text} for note in notes[-MOST:]],
                "older": max(len(notes) - MOST, 0),
                "refused": refused or (refusal.message if refusal else ""),
            }
        )


class NoteHandler(ApiHandler):
    """POST /api/note {"time_ns", "text"}: write a note, in the stead of one at that time; empty takes it away."""

    keeps = True

    async def post(self) -> None:
        """Write it, in another thread: a finished recording is a file that others may hold."""
        if not self.brings_json:
            self.reply({"error": "expected a body of type application/json"}, 415)
            return
        if self.context.note is None:
            self.reply({"error": "nothing is recorded here, so a note would not last"}, 409)
            return
        try:
            note = Note.model_validate_json(self.request.body)
            await asyncio.to_thread(self.context.note, min(max(note.time_ns, -EVER), EVER), note.text)
        except ValidationError:
            self.reply({"error": "expected JSON with time_ns, nanoseconds since 1970, and text"}, 400)
        except StripchartError as error:
            self.reply({"error": str(error)}, 400)
        else:
            self.reply({"time_ns": note.time_ns})


ROUTES: Final = [
    (r"/api/notes", NotesHandler),
    (r"/api/note", NoteHandler),
]
