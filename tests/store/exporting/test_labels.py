from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.records import Channel, Kind
from stripchart.store.exporting.labels import from_label, to_label
from support.tables import KINDS, TEXTS


@pytest.mark.parametrize(
    ("channel", "label"),
    [
        (Channel("temp", "°C"), "temp [°C]"),
        (Channel("temp"), "temp"),
        (Channel("door", "", Kind.STATE), "door (state)"),
        (Channel("note", "x", Kind.TEXT), "note [x] (text)"),
        (Channel("a [b]"), '{"name": "a [b]", "unit": "", "kind": "number"}'),
        (Channel("T (state)"), '{"name": "T (state)", "unit": "", "kind": "number"}'),
    ],
)
def test_labels_are_what_a_person_would_write(channel: Channel, label: str) -> None:
    assert to_label(channel) == label
    assert from_label(label) == channel


@given(TEXTS, TEXTS, KINDS)
def test_every_channel_reads_back(name: str, unit: str, kind: Kind) -> None:
    channel = Channel(name, unit, kind)
    assert from_label(to_label(channel)) == channel
    assert from_label(to_label(channel._replace(expires=5.0))) == channel


@given(st.text(max_size=20) | st.from_regex(r'\{"(name|unit|kind)": .{0,10}\}', fullmatch=True))
def test_any_label_is_of_some_channel(label: str) -> None:
    assert isinstance(from_label(label), Channel)


@pytest.mark.parametrize(
    "label", ["{", "{}", '{"name": 1, "unit": "", "kind": "number"}', "[" * 100_000, "{" * 100_000]
)
def test_what_is_no_label_is_a_name(label: str) -> None:
    assert from_label(label) == Channel(label)
