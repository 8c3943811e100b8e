from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.history import EVER
from stripchart.store.exporting.iso import from_iso, to_iso


@given(st.lists(st.integers(-EVER, EVER), min_size=1, max_size=5))
def test_iso_reads_back_to_the_nanosecond(times: list[int]) -> None:
    texts = to_iso(np.array(times, np.int64))
    assert from_iso(texts).tolist() == times


@pytest.mark.parametrize(
    "cell", ["", "now", "NaT", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00.000000000",
             "2026-02-30T10:00:00.000000000Z", "x026-05-01T10:00:00.000000000Z", "2026-05-01T10:00:00.00000000+Z"],
)  # fmt: skip
def test_what_we_do_not_write_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_iso(["2026-05-01T10:00:00.000000000Z", cell])
