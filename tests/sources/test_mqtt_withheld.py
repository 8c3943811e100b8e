from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from stripchart.sources.mqtt_withheld import MAX_WITHHELD, PUBACK, PUBREC, Withheld


def acks(*identifiers: int, kind: bytes = PUBACK) -> bytes:
    return b"".join(kind + struct.pack("!H", identifier) for identifier in identifiers)


def test_what_is_stored_leaves_in_order():
    withheld = Withheld()
    withheld.begin()
    nothing = withheld.mark()
    withheld.hold(acks(1, 2))
    two = withheld.mark()
    withheld.hold(acks(3))
    three = withheld.mark()
    withheld.hold(acks(4))
    assert withheld.release(nothing) == b""
    assert withheld.release(two) == acks(1, 2)
    assert withheld.release(two) == b"", "once is enough"
    assert withheld.release(three) == acks(3)
    assert withheld.release(two) == b"", "an old mark says nothing new"
    assert withheld.release(withheld.mark()) == acks(4)


def test_a_mark_of_another_connection_releases_nothing():
    withheld = Withheld()
    withheld.begin()
    withheld.hold(acks(1))
    old = withheld.mark()
    withheld.begin()
    withheld.hold(acks(2, 3))
    assert withheld.release(old) == b""
    assert withheld.release(withheld.mark()) == acks(2, 3)


def test_equal_marks_stand_for_the_same():
    withheld = Withheld()
    withheld.begin()
    first = withheld.mark()
    assert withheld.mark() == first
    withheld.hold(acks(1))
    assert withheld.mark() != first
    withheld.release(withheld.mark())
    assert withheld.mark() != first
    withheld.begin()
    assert withheld.mark() != first


def test_stored_messages_of_qos_2_are_remembered():
    withheld = Withheld()
    withheld.begin()
    withheld.hold(acks(1) + acks(2, kind=PUBREC))
    mark = withheld.mark()
    withheld.hold(acks(3, kind=PUBREC))
    withheld.release(mark)
    assert withheld.settled == {b"\0\2"}


def test_there_are_no_more_than_the_protocol_has_identifiers_for():
    withheld = Withheld()
    withheld.begin()
    assert withheld.hold(acks(7) * MAX_WITHHELD)
    assert not withheld.hold(acks(7))


@given(st.lists(st.integers(0, 5) | st.none(), max_size=30))
def test_each_is_released_once_and_all_are_at_last(steps: list[int | None]):
    """A number: so many messages come, and a mark is taken; None: the oldest mark is given back."""
    withheld, marks, released, count = Withheld(), [], b"", 0
    withheld.begin()
    for step in steps:
        if step is not None:
            withheld.hold(acks(*range(count, count + step)))
            count += step
            marks.append((withheld.mark(), count))
        elif marks:
            mark, stored = marks.pop(0)
            released += withheld.release(mark)
            assert released == acks(*range(stored))
    assert released + withheld.release(withheld.mark()) == acks(*range(count))
