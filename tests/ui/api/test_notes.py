from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from stripchart.errors import ConfigError
from stripchart.flow.events import MAX_NOTE, NOTE, Event, EventLog, as_note
from stripchart.ui.api.notes import MOST
from support.page import Answer, Site, serve
from support.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = time.time_ns() // 1_000 * 1_000
VIEW, CONTROL = "a word to view", "a word to control"
JSON = {"Content-Type": "application/json"}


def writer(log: EventLog) -> Callable[[int, str], None]:
    def write(time_ns: int, text: str) -> None:
        at, line = as_note(time_ns, text)
        log.post(at, "", NOTE, line)

    return write


def note(site: Site, body: Any, headers: Mapping[str, str] = JSON) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return site.ask("/api/note", headers, method="POST", body=data)


def listed(site: Site, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = site.ask("/api/notes", headers).json()
    return told


def test_a_note_is_written_changed_and_taken_away() -> None:
    log = EventLog()
    with serve(look={"events": log, "note": writer(log)}) as site:
        assert listed(site) == {"notes": [], "older": 0, "refused": ""}
        assert note(site, {"time_ns": NOW, "text": "valve open"}).json() == {"time_ns": NOW}
        assert note(site, {"time_ns": NOW - 5_000, "text": "begin"}).status == 200
        assert note(site, {"time_ns": NOW, "text": "<b>valve 2 open"}).status == 200
        assert [each["text"] for each in listed(site)["notes"]] == ["begin", "<b>valve 2 open"]
        assert note(site, {"time_ns": NOW, "text": ""}).status == 200
        assert listed(site)["notes"] == [{"time_ns": NOW - 5_000, "text": "begin"}]
        events = site.ask("/api/events?kind=annotation").json()["events"]
        assert [event["text"] for event in events] == ["valve open", "begin", "<b>valve 2 open", ""]  # nothing is lost


def test_what_cannot_be_a_note_is_refused() -> None:
    log = EventLog()
    with serve(look={"events": log, "note": writer(log)}) as site:
        for body in (b"", b"[]", {"time_ns": "now", "text": "x"}, {"time_ns": 1}, {"time_ns": 1, "text": 2}):
            assert (note(site, body).status, note(site, body).json()["error"][:13]) == (400, "expected JSON")
        answer = note(site, {"time_ns": NOW, "text": "x" * (MAX_NOTE + 1)})
        assert (answer.status, answer.json()["error"]) == (400, "note: expected at most 500 characters, got 501")
        assert note(site, {"time_ns": NOW, "text": "x"}, {}).status == 415  # a form of another page
        assert log.events() == []


def test_without_a_recording_there_are_no_notes() -> None:
    with serve() as site:
        assert note(site, {"time_ns": NOW, "text": "x"}).status == 409
        assert listed(site)["refused"] == "Nothing is recorded here, so a note would not last."


def test_with_tokens_it_takes_control() -> None:
    log = EventLog()
    look = {"events": log, "note": writer(log)}
    with serve(look=look, token=VIEW, control=True, control_token=CONTROL) as site:
        assert note(site, {"time_ns": NOW, "text": "x"}, {**JSON, **site.cookie}).status == 403
        assert "control role" in listed(site, site.cookie)["refused"]
        assert listed(site, site.control_cookie)["refused"] == ""
        assert note(site, {"time_ns": NOW, "text": "x"}, {**JSON, **site.control_cookie}).status == 200


def test_notes_of_the_record_are_listed_too_and_the_newest_of_many() -> None:
    shelf, log = Shelf(), EventLog()
    shelf.happened = [Event(NOW + number, "", NOTE, str(number), number) for number in range(MOST + 2)]
    with serve(look={"events": log, "note": writer(log), "archive": shelf}) as site:
        record = site.context.record
        assert record is not None
        record.facts = record._ask([])._replace(events=shelf.happened)
        note(site, {"time_ns": NOW - 1_000_000, "text": "before all"})
        told = listed(site)
        assert (told["older"], len(told["notes"]), told["notes"][-1]["text"]) == (3, MOST, str(MOST + 1))


def test_what_goes_wrong_is_said() -> None:
    def fail(time_ns: int, text: str) -> None:
        raise ConfigError(f"note: {text!r} at {time_ns} cannot be kept")

    with serve(look={"note": fail}) as site:
        answer = note(site, {"time_ns": 1, "text": "x"})
        assert (answer.status, answer.json()) == (400, {"error": "note: 'x' at 1 cannot be kept"})
