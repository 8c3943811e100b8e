from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.flow.history import EVER
from stripchart.store.exporting.iso import to_iso
from stripchart.store.reading.instants import parse_instant, to_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = 1_000_000_000
MAY = 1_777_629_600 * SECOND  # 2026-05-01T10:00:00Z


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@given(st.integers(-EVER, EVER))
def test_what_files_have_is_one(instant: int) -> None:
    assert parse_instant(to_iso(np.array([instant]))[0], 0) == instant


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-01T12:00", MAY), ("2026-05-01 12:00:00", MAY), ("2026-05-01T10:00Z", MAY),
        ("2026-05-01T12:00:00+02:00", MAY), ("20260501T100000Z", MAY), ("2026-05-01", MAY - 12 * 3600 * SECOND),
        ("2026-05-01T10:00:00.123456789Z", MAY + 123_456_789), ("2026-05-01T12:00:00,5", MAY + SECOND // 2),
        ("2026-05-01T10:00:00.1234567891Z", MAY + 123_456_789), ("2026-01-01T01:00", 1_767_225_600 * SECOND),
        ("1777629600", MAY), ("1777629600.000000001", MAY + 1), ("1.7776296e9", MAY), (" 1777629600 ", MAY), ("0", 0),
        ("-10m", 900 * SECOND), ("-1.5s", 1_498_500_000_000), ("-2d", 1_500 * SECOND - 172_800 * SECOND),
        ("9" * 50, EVER), ("1e99", EVER),
    ],
)  # fmt: skip
def test_instants_as_people_write_them(text: str, expected: int) -> None:
    assert parse_instant(text, 1_500 * SECOND) == expected


@pytest.mark.parametrize("text", ["", "-", "soon", "-0s", "-10 parsecs", "2026-13-01", "10:00", "nan", "inf", "1_000"])
def test_what_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^expected an instant such as .* got "):
        parse_instant(text, 0)


@pytest.mark.usefixtures("berlin")
def test_a_datetime_or_a_number_is_one_too() -> None:
    assert to_ns(datetime(2026, 5, 1, 10, 0, 0, 250, tzinfo=UTC), 0) == MAY + 250_000
    assert to_ns(datetime(2026, 5, 1, 5, tzinfo=timezone(timedelta(hours=-5))), 0) == MAY
    assert to_ns(datetime(2026, 5, 1, 12), 0) == MAY  # noqa: DTZ001 - by this machine's zone
    assert to_ns(MAY + 1, 0) == MAY + 1
    assert to_ns("-10s", MAY) == MAY - 10 * SECOND
