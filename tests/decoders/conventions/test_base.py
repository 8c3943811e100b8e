from __future__ import annotations

import pytest

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions import BUILT_IN
from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader, Refusal
from stripchart.decoders.conventions.plain import Plain
from stripchart.decoders.conventions.rows import Rows
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Chunk

MESSAGE = Chunk(b"1", 1, 0, "t")
TOPICS = [
    "",
    "/",
    "a",
    "a/b/c/d/e",
    "tele",
    "zigbee2mqtt",
    "collectd/x",
    "spBv1.0",
    "spBv1.0/a",
    "shellies",
    "\0",
    "+/#",
]


def conventions() -> list[Convention]:
    return list(TopicsDecoder()._conventions.values())


def test_names_and_titles_differ_and_the_last_takes_any_topic():
    assert len({kind.name for kind in BUILT_IN}) == len({kind.title for kind in BUILT_IN}) == len(BUILT_IN)
    assert BUILT_IN[-1] is Plain
    assert all(kind.samples for kind in BUILT_IN)


@pytest.mark.parametrize("convention", conventions(), ids=lambda convention: convention.name)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_convention_can_be_given_any_topic(convention: Convention, topic: str):
    convention.matches(topic)
    assert isinstance(convention.reader(topic), Reader)


def test_what_is_left_out_gives_nothing():
    rows = Rows()
    LEFT_OUT.read(MESSAGE, rows)
    rows.commit()
    assert rows.take() == []
    assert not LEFT_OUT.read_all([MESSAGE], rows)


def test_what_is_refused_has_its_reason():
    with pytest.raises(FrameError, match="too odd"):
        Refusal("too odd").read(MESSAGE, Rows())
