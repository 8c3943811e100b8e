from __future__ import annotations

import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.store.exporting.export import FORMATS, MEDIA_TYPES, SUFFIXES, file_names, render
from stripchart.store.reading.rows import Choice
from support.tables import TEXTS, numbered

GROWTH = """
import re, sys
import numpy as np
from stripchart.flow.records import Batch, Channel, Kind
from stripchart.store.exporting.export import render
from stripchart.store.reading.rows import Choice

form, rows = sys.argv[1], int(sys.argv[2])
channels = (Channel("temp"), Channel("hum"), Channel("mode", kind=Kind.TEXT))

def read(choice):
    for first in range(0, rows, 2048):
        numbers = np.arange(first, first + 2048)
        yield Batch("bench", channels, numbers * 1000, (numbers / 3, numbers / 7, np.full(2048, "idle", object)))

def most():  # getrusage would count what the parent held when it began this process
    status = open("/proc/self/status").read()
    return int(re.search(r"VmHWM:\\s+(\\d+)", status)[1])

sizes = map(len, render([Choice("bench", channels)], form, read))
halfway = written = 0
for number, size in enumerate(sizes):
    written += size
    if number * 2048 < rows / 2:
        halfway = most()
print(written, most() - halfway, most())
"""


def test_every_format_is_told_of() -> None:
    assert set(FORMATS) == set(SUFFIXES) == set(MEDIA_TYPES) == {"csv", "parquet", "json"}


@pytest.mark.parametrize("form", FORMATS)
def test_progress_tells_every_row(form: str) -> None:
    told: list[int] = []
    batches = [numbered(5), numbered(7)]
    data = b"".join(render([Choice("bench", batches[0].channels)], form, lambda _: batches, told.append))
    assert told == [5, 7]
    assert len(data) > 100


@pytest.mark.parametrize("form", FORMATS)
def test_no_rows_make_a_whole_file_too(form: str) -> None:
    data = b"".join(render([Choice("bench", numbered(1).channels)], form, lambda _: []))
    assert data[:4] == {"csv": b"time", "json": b"", "parquet": b"PAR1"}[form]


@pytest.mark.parametrize("form", FORMATS)
def test_memory_stays_flat(form: str) -> None:
    """Ten million rows, by hand: 37 MB as CSV, 46 as JSON, 144 as Parquet."""
    command = [sys.executable, "-c", GROWTH, form, "400000"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    written, grown, most = map(int, found.split())
    assert written > 1_000_000
    assert grown < 20_000  # kilobytes, in the second half
    assert most < 300_000


class TestFileNames:
    @given(
        st.lists(TEXTS | st.sampled_from(["../../etc/passwd", "/dev/null", "a/b", "a_b", "A_B", "CON"]), max_size=20)
    )
    def test_they_lead_nowhere_and_none_comes_twice(self, names: list[str]) -> None:
        made = file_names(names, ".csv")
        assert len({name.lower() for name in made}) == len(names)
        for name in made:
            assert set(name.removesuffix(".csv")) <= set(string.ascii_letters + string.digits + "_-")
            assert name[0] not in "-_."

    def test_one_can_guess_what_they_are_of(self) -> None:
        assert file_names(["bench", "mqtt/green house/temp", "bench"], ".csv") == [
            "bench.csv", "mqtt_green_house_temp.csv", "bench_2.csv",
        ]  # fmt: skip

    def test_a_long_name_is_cut(self) -> None:
        first, second = file_names(["x" * 500, "x" * 500], ".parquet")
        assert len(first) < 100
        assert first != second
