from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from stripchart.store.importing.times import BadTimeError, TimeReader, is_clock, is_date, is_time

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
SECOND = 1_000_000_000
MAY = 1_777_629_600 * SECOND  # 2026-05-01T10:00:00Z


def read(*cells: str, zone: ZoneInfo = BERLIN) -> list[int]:
    return TimeReader(zone).read(cells).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-05-01T10:00:00Z", MAY), ("2026-05-01T12:00:00", MAY), ("2026-05-01 12:00:00", MAY),
        ("2026-05-01 12:00:00.123456789", MAY + 123_456_789), ("2026-05-01T12:00:00+02:00", MAY),
        ("2026-05-01T06:00:00.5-0400", MAY + SECOND // 2), ("2026/5/1 12:00:00", MAY), ("2026-05-01 12:00", MAY),
        ("2026-05-01T10:00Z", MAY), ("2026-05-01", MAY - 12 * 3600 * SECOND), ("2026-05-01-12:00:00", MAY),
        ("2026-05-01 12:00:00,25", MAY + SECOND // 4), ("2026-05-01T12:00:00.1234567899", MAY + 123_456_789),
        ("1777629600", MAY), ("1777629600000", MAY), ("1777629600000000", MAY), ("1777629600000000001", MAY + 1),
        ("1777629600.5", MAY + SECOND // 2), ("1777629600000.25", MAY + 250_000),
    ],
)  # fmt: skip
def test_times_as_programs_write_them(cell: str, expected: int) -> None:
    assert is_time(cell)
    assert read(cell) == [expected]
    assert read(cell, cell) == [expected, expected]


def test_a_column_may_be_written_in_several_ways() -> None:
    assert read("2026-05-01 12:00:00", "2026-05-01T10:00:00.5Z", "2026-05-01 12:01") == [
        MAY, MAY + SECOND // 2, MAY + 60 * SECOND,
    ]  # fmt: skip
    assert read("1777629600.5", "1777629601") == [MAY + SECOND // 2, MAY + SECOND]


@pytest.mark.parametrize("cell", ["", "x", "1", "5.5", "10:00:00", "2026-02-30 10:00:00", "1e30", "nan", "01.05.2026"])
def test_what_is_no_time(cell: str) -> None:
    assert not is_time(cell)
    for before in ("2026-05-01 12:00:00", "1777629600", "1777629600.5"):
        if cell not in {"1", "5.5"} or "-" in before:
            with pytest.raises(BadTimeError) as error:
                read(before, cell)
            assert error.value.args == (1,)


def test_dates_and_clocks() -> None:
    assert is_date("2026-05-01")
    assert not is_date("2026-05-01 10:00:00")
    assert is_clock("10:00:00.5")
    assert not is_clock("2026-05-01 10:00:00")
    assert not is_clock("1.5")


@pytest.mark.parametrize("at_once", [True, False])
def test_the_hour_that_comes_twice(at_once: bool) -> None:
    """Summer time ended on 2026-10-25 at 3:00, which was 2:00 again."""
    clocks = ["01:30", "02:00", "02:30", "02:59", "02:00", "02:30", "02:59", "03:00", "03:30"]
    cells = [f"2026-10-25 {clock}:00" for clock in clocks]
    reader = TimeReader(BERLIN)
    times = reader.read(cells).tolist() if at_once else [reader.read([cell]).tolist()[0] for cell in cells]
    minutes = [(time - times[0]) // (60 * SECOND) for time in times]
    assert minutes == [0, 30, 60, 89, 90, 120, 149, 150, 180]


def test_a_zone_may_be_told() -> None:
    assert read("2026-05-01 10:00:00", zone=UTC) == [MAY]
