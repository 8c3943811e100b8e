from __future__ import annotations

import pytest

from stripchart.decoders.cells import FrameError
from stripchart.decoders.headers import ColumnNames, Header
from stripchart.errors import ConfigError


def test_names_of_a_user():
    assert Header.of_user(" ") is None
    assert Header.of_user("a, b") == Header("", ("a", "b"), given=True)
    with pytest.raises(ConfigError, match="columns: expected names separated by commas, got '' in 'a,,b'"):
        Header.of_user("a,,b")


@pytest.mark.parametrize(
    ("header", "words", "log"),
    [
        (Header("", ("Ready",)), True, True),
        (Header(" ", ("Sensor", "ready")), True, True),
        (Header(",", ("temp", "hum")), False, False),
        (Header(",", ("WiFi connected", "IP 192.168.1.5")), False, True),
    ],
)
def test_what_may_be_a_message(header: Header, *, words: bool, log: bool):
    assert header.is_words == words
    assert header.may_be_log == log


class TestColumnNames:
    def test_without_a_header_columns_are_numbered(self):
        assert ColumnNames(None).names(",", 2, "value") == ["value 1", "value 2"]

    def test_one_counts_from_the_first_row_of_its_length_on(self):
        columns = ColumnNames(None)
        columns.take(Header(",", ("x", "y")))
        assert columns.names(",", 1, "value") == ["value 1"]
        assert not columns.counts
        before = columns.version
        assert columns.names(",", 2, "value") == ["x", "y"]
        assert columns.counts
        assert columns.version != before
        assert columns.names(",", 1, "value") == ["x"]
        assert columns.names(";", 2, "value") == ["value 1", "value 2"]
        with pytest.raises(FrameError, match="unexpected columns"):
            columns.names(",", 3, "value")

    def test_only_another_header_changes_anything(self):
        columns = ColumnNames(None)
        columns.take(Header(",", ("x", "y")))
        columns.names(",", 2, "value")
        before = columns.version
        columns.take(Header(",", ("x", "y")))
        assert (columns.version, columns.counts) == (before, True)
        columns.take(Header(",", ("y", "x")))
        assert (columns.version, columns.counts) == (before + 1, False)

    def test_names_of_the_user_stay(self):
        columns = ColumnNames(Header.of_user("volts,volts"))
        columns.take(Header(",", ("x", "y")))
        assert columns.names(" ", 3, "value") == ["volts", "volts 2", "value 3"]
        assert columns.version == 0
