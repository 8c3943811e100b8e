from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Kind
from stripchart.store.importing.foreign_csv import ForeignCsv
from stripchart.store.importing.importer import Options
from support.tables import channels_of, plain

if TYPE_CHECKING:
    from pathlib import Path

    from stripchart.flow.records import Batch

UTC = Options(zone=ZoneInfo("UTC"))
MAY = 1_777_629_600_000_000_000


def read(folder: Path, text: str, options: Options = UTC) -> tuple[list[Batch], list[str]]:
    (folder / "log.csv").write_text(text)
    reader = ForeignCsv(folder / "log.csv", options)
    return list(reader.batches(lambda _: None)), reader.notes


def values(batches: list[Batch]) -> list[list[object]]:
    """Return the values of each row in order, numbers as they are."""
    return [
        [float.fromhex(value) if "0x" in str(value) else value for value in row.cells.values()]
        for row in plain(batches)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "time,temp,hum\n2026-05-01T10:00:00Z,21.5,40\n2026-05-01T10:00:01Z,21.6,41\n",
        "time;temp;hum\r\n2026-05-01 10:00:00;21,5;40\r\n2026-05-01 10:00:01;21,6;41\r\n",
        "time\ttemp\thum\n2026-05-01 10:00:00\t21,5\t40\n2026-05-01 10:00:01\t21,6\t41",
        '"time","temp","hum"\n"2026-05-01 10:00:00","21.5","40"\n"2026-05-01 10:00:01","21.6","41"\n',
        "time temp hum\n1777629600 21.5   40\n1777629601 21.6 41\n",
        "# made by a logger, v2\n\ntime,temp,hum\n# here it begins\n1777629600.0,21.5,40,\n\n1777629601,21.6,41,\n",
        "temp,time,hum\n21.5,2026-05-01 10:00:00,40\n21.6,2026-05-01 10:00:01,41\n",
        "temp,ts,hum\n21.5,1777629600000,40\n21.6,1777629601000,41\n",
        "date,clock,temp,hum\n2026-05-01,10:00:00,21.5,40\n2026-05-01,10:00:01,21.6,41\n",
        "time,temp,hum\n2026-05-01 10:00:00,21.5,40\ntime,temp,hum\n2026-05-01 10:00:01,21.6,0x29\n",
    ],
)
def test_one_table_as_many_programs_write_it(tmp_path: Path, text: str) -> None:
    batches, notes = read(tmp_path, text)
    assert [row.time for row in plain(batches)] == [MAY, MAY + 1_000_000_000]
    assert values(batches) == [[21.5, 40.0], [21.6, 41.0]]
    assert [channel.name for channel in batches[0].channels] == ["temp", "hum"]
    assert batches[0].stream == "log"
    assert notes == []


def test_names_units_and_columns_without_either(tmp_path: Path) -> None:
    text = "time,temp [°C],T,T,\n2026-05-01 10:00:00,1,2,3,4\n"
    batches, _ = read(tmp_path, text.replace("T,\n", "T,x\n"))
    assert batches[0].channels == tuple(map(Channel, ["temp", "T", "T 2", "x"], ["°C", "", "", ""]))
    batches, _ = read(tmp_path, "2026-05-01 10:00:00,1,2\n2026-05-01 10:00:01,1,2\n")
    assert [channel.name for channel in batches[0].channels] == ["column 2", "column 3"]
    assert len(plain(batches)) == 2


def test_what_is_no_number_is_text_or_nothing(tmp_path: Path) -> None:
    text = "time,temp,mode\n" + "".join(
        f"2026-05-01 10:00:0{row},{cells}\n"
        for row, cells in enumerate(["1,idle", "ovf,run fast", "err,", "NA,-", "nan,null", "5"])
    )
    batches, notes = read(tmp_path, text)
    assert values(batches) == [[1.0, "idle"], ["nan", "run fast"], ["err"], [], ["nan"], [5.0]]
    assert channels_of(batches)["log"] == {
        ("temp", False): Channel("temp"),
        ("temp", True): Channel("temp", kind=Kind.TEXT),
        ("mode", True): Channel("mode", kind=Kind.TEXT),
    }
    assert notes == ["temp: no numbers, kept as text: 1 cell"]


def test_the_time_may_be_named(tmp_path: Path) -> None:
    text = "made,seen,v\n2026-05-01 10:00:00,2026-05-01 11:00:00,1\n"
    batches, _ = read(tmp_path, text)
    assert plain(batches)[0].time == MAY
    batches, _ = read(tmp_path, text, UTC._replace(time_column="seen", stream="mine"))
    assert plain(batches)[0].time == MAY + 3600 * 10**9
    assert plain(batches)[0].cells.keys() == {("made", True), ("v", False)}
    assert batches[0].stream == "mine"
    with pytest.raises(ConfigError, match=r"log\.csv: expected a column 'nix', found made, seen, v"):
        read(tmp_path, text, UTC._replace(time_column="nix"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("millis,temp\n1000,21.5\n", "line 2: expected a time .* in one of the columns, found millis = '1000', temp ="),
        ("temp,humid\n1777629600,5\n", ""),
        ("time,temp\n2026-05-01 10:00:00,1\nsoon,2\n", "line 3: expected a time such as .*, found 'soon'"),
        ("time,temp\n2026-05-01 10:00:00,1\n,2\n", "line 3: expected a time such as .*, found ''"),
        ("time,temp\n2026-05-01 10:00:00,1\n2026-05-01 10:00:00,1,7\n", "line 3: expected at most 2 cells, found 3"),
        ("time,temp\n2026-05-01 10:00:00,1\n2026-02-30 10:00:00,1\n", "line 3: expected a time such as"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    if not message:  # a first column of plausible times is the time, whatever it is called
        assert plain(read(tmp_path, text)[0])[0].time == MAY
        return
    with pytest.raises(ConfigError, match=rf"log\.csv: {message}"):
        read(tmp_path, text)


def test_long_files_come_in_blocks(tmp_path: Path) -> None:
    batches, _ = read(tmp_path, "time,v\n" + "".join(f"{1777629600 + row},{row}\n" for row in range(5000)))
    assert [len(batch) for batch in batches] == [2048, 2048, 904]
    assert plain(batches)[-1].time == MAY + 4999 * 10**9
