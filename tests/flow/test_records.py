from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from stripchart.flow.records import MAX_REASONS, MAX_REJECT_BYTES, Batch, Channel, Kind, Tally, make_batch

TEMP = Channel("temp", "°C")
NOTE = Channel("note", kind=Kind.TEXT)


def test_a_batch_knows_its_size():
    batch = make_batch("a", (TEMP, NOTE), [1, 2, 3], [[20, 21, 22], ["x", "", "y"]])
    assert len(batch) == 3
    assert batch.samples == 6
    assert not make_batch("a", (), [1, 2], []).samples


def test_columns_have_the_type_of_their_kind():
    batch = make_batch("a", (TEMP, NOTE), [1], [[20], ["x"]])
    assert batch.time.dtype == np.int64
    assert batch["temp"].dtype == np.float64
    assert batch["note"].dtype == object


def test_a_channel_is_found_by_name():
    batch = make_batch("a", (TEMP, NOTE), [1, 2], [[20, 21], ["x", "y"]])
    assert batch["note"].tolist() == ["x", "y"]
    with pytest.raises(KeyError, match=r"a: no channel 'hum', only \['temp', 'note'\]"):
        batch["hum"]


def test_columns_are_read_only():
    batch = make_batch("a", (TEMP,), [1, 2], [[20, 21]])
    for column in (batch.time, batch["temp"]):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 5
    with pytest.raises(FrozenInstanceError):
        batch.gap = True  # type: ignore[misc]


def test_a_batch_takes_its_arrays_over():
    time, values = np.array([1, 2]), np.array([20.0, 21.0])
    batch = Batch("a", (TEMP,), time, (values,))
    assert batch["temp"] is values
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 5


def test_make_batch_leaves_its_arguments_alone():
    time, values = np.array([1, 2]), np.array([20.0, 21.0])
    batch = make_batch("a", (TEMP,), time, [values])
    time[0], values[0] = 9, 9.0
    assert (batch.time[0], batch["temp"][0]) == (1, 20.0)


def test_a_missing_column_is_refused():
    with pytest.raises(ValueError, match="'a': 2 channels, but 1 columns"):
        Batch("a", (TEMP, NOTE), np.array([1]), (np.array([1.0]),))


@pytest.mark.parametrize("shape", [(2,), (4,), (3, 1), ()])
def test_a_column_of_another_shape_is_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"'a': times of shape \(3,\), but values of shape .* of 'temp'"):
        Batch("a", (TEMP,), np.arange(3), (np.zeros(shape),))


def test_a_labelled_batch_shares_its_rows():
    batch = make_batch("", (TEMP,), [1, 2], [[20, 21]], retained=True)
    labelled = batch.labelled("bench/imu", gap=True, first=7)
    assert (labelled.stream, labelled.gap, labelled.first, labelled.retained) == ("bench/imu", True, 7, True)
    assert labelled.time is batch.time
    assert labelled.channels is batch.channels
    assert labelled.values is batch.values
    assert (batch.stream, batch.gap, batch.first) == ("", False, 0)


def test_a_labelled_batch_leaves_no_field_out():
    batch = make_batch("", (TEMP,), [1], [[20]])
    labelled = batch.labelled("a", gap=False, first=0)
    assert all(hasattr(labelled, name) for name in Batch.__slots__)


def test_a_tally_counts_rejects_by_reason():
    tally = Tally()
    tally.reject(1, "not a number", b"abc")
    tally.reject(2, "not a number", b"def", count=3)
    assert tally.rejected == {"not a number": 4}
    assert [reject.data for reject in tally.recent] == [b"abc", b"def"]


def test_a_tally_is_bounded():
    tally = Tally()
    for number in range(10 * MAX_REASONS):
        tally.reject(number, f"reason {number}", b"x" * 10_000)
    assert len(tally.rejected) == MAX_REASONS + 1
    assert tally.rejected["other"] == 9 * MAX_REASONS
    assert tally.rejected.total() == 10 * MAX_REASONS
    assert len(tally.recent) == 100
    assert tally.recent[-1].time_ns == 10 * MAX_REASONS - 1
    assert {len(reject.data) for reject in tally.recent} == {MAX_REJECT_BYTES}


def test_a_known_reason_is_counted_as_itself_when_the_tally_is_full():
    tally = Tally()
    for number in range(MAX_REASONS):
        tally.reject(0, f"reason {number}", b"")
    tally.reject(0, "reason 0", b"")
    assert tally.rejected["reason 0"] == 2
    assert "other" not in tally.rejected


def test_a_batch_of_a_table_is_as_one_of_columns():
    channels = Channel("a"), Channel("b")
    time, table = np.array([1, 2, 3]), np.array([[1.0, 2, 3], [4, 5, 6]])
    batch = Batch.of_table(channels, time, table)
    same = Batch("", channels, time, tuple(table))
    assert all(
        getattr(batch, name) == getattr(same, name) for name in ("stream", "channels", "gap", "retained", "first")
    )
    assert batch["b"].tolist() == [4, 5, 6]
    for column in (batch.time, *batch.values, table):
        assert not column.flags.writeable


@pytest.mark.parametrize("shape", [(1, 3), (3, 3), (2, 2), (2, 4)])
def test_a_table_of_another_shape_is_no_batch(shape: tuple[int, int]):
    with pytest.raises(ValueError, match=r"batch: 2 channels, 3 times, but a table of shape"):
        Batch.of_table((Channel("a"), Channel("b")), np.array([1, 2, 3]), np.zeros(shape))
