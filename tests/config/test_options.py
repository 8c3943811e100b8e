from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from stripchart.config.options import Mistake, describe, fill, show
from stripchart.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Options:
    baudrate: int = 9600
    rate: float = 1.0
    exclusive: bool = True
    parity: Literal["none", "even"] = "none"
    names: tuple[str, ...] = ()
    limit: int | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.rate > 1000:
            raise ConfigError("rate: expected 1000 or less")


@dataclass
class Needy:
    url: str
    size: int


def test_texts_become_what_the_hints_say():
    given = {"baudrate": "115200", "rate": "2.5", "exclusive": "no", "parity": "even", "names": "x, y", "limit": "7"}
    made, mistakes = fill(Options, given)
    assert mistakes == []
    assert made == Options(baudrate=115200, rate=2.5, exclusive=False, parity="even", names=("x", "y"), limit=7)


def test_values_pass_as_they_are():
    made, mistakes = fill(Options, {"names": ["x", "y"], "rate": 3, "limit": None})
    assert (made, mistakes) == (Options(names=("x", "y"), rate=3.0), [])


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("baudrate", "fast", "expected a whole number, got 'fast'"),
        ("baudrate", 2.5, "expected a whole number, got 2.5"),
        ("baudrate", True, "expected a whole number, got true"),
        ("rate", "nan", "expected a number, got 'nan'"),
        ("exclusive", "perhaps", "expected true or false, got 'perhaps'"),
        ("parity", "odd", "expected one of 'none', 'even', got 'odd'"),
        ("names", 5, "expected a list, each text, got 5"),
        ("names", {}, "expected a list, each text, got a table"),
        ("limit", "x" * 100, f"expected a whole number, got '{'x' * 56}..."),
        ("port", 70000, "expected a whole number from 1 to 65535, got 70000"),
        ("password", 5, "expected text, got something else"),
        ("baudrat", 5, "no such option; did you mean 'baudrate'?"),
    ],
)
def test_a_mistake_in_words(key: str, value: object, text: str):
    assert fill(Options, {key: value}) == (None, [Mistake(key, text)])


def test_all_mistakes_at_once():
    made, mistakes = fill(Options, {"baudrate": "fast", "rate": "slow", "zzz": 1})
    assert made is None
    assert [mistake.key for mistake in mistakes] == ["baudrate", "rate", "zzz"]
    assert "there are: baudrate, exclusive," in mistakes[2].text


def test_a_misspelt_name_may_mean_one_that_stands_beside():
    _, mistakes = fill(Options, {"decodr": "csv"}, also=("decoder",))
    assert mistakes == [Mistake("decodr", "no such option; did you mean 'decoder'?")]


def test_what_is_missing():
    made, mistakes = fill(Needy, {"size": 3})
    assert (made, mistakes) == (None, [Mistake("url", "is missing; expected text")])


def test_what_the_dataclass_itself_refuses():
    assert fill(Options, {"rate": 1e6}) == (None, [Mistake("rate", "expected 1000 or less")])


def test_what_the_dataclass_itself_refuses_is_told_beside_other_mistakes():
    _, mistakes = fill(Options, {"baudrate": "fast", "rate": 1e6})
    assert [mistake.key for mistake in mistakes] == ["baudrate", "rate"]


def test_secrets_are_not_quoted():
    _, mistakes = fill(Options, {"password": ["canary"]})
    assert "canary" not in str(mistakes)


def test_a_mistake_seen_from_outside_of_its_table():
    assert str(Mistake("size", "is missing").below("sources.imu")) == "sources.imu.size: is missing"
    assert str(Mistake("", "is wrong").below("server")) == "server: is wrong"


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (dict[str, Any], "a table"),
        (Annotated[float, Field(gt=0)], "a number above 0"),
        (Annotated[int, Field(ge=1)], "a whole number of at least 1"),
        (Annotated[float, Field(gt=0, lt=5)], "a number above 0 and below 5"),
        (Annotated[float, "a span of time"], "a span of time"),
        (int | str, "a whole number or text"),
        (Path, "a Path"),
        (Needy, "a table"),
        (tuple[Needy, ...], "a list of tables"),
        (Needy | None, "a table"),
    ],
)
def test_hints_in_words(hint: Any, words: str):
    assert describe(hint) == words


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    kind: Literal["u8", "u16"] = "u8"
    place: Annotated[int, Field(ge=0)] | None = None
    password: str = ""

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ConfigError("name: expected a good one\nplace: expected another")


@dataclass(frozen=True, kw_only=True)
class Whole:
    parts: tuple[Part, ...] = ()
    main: Part | None = None
    size: int = 0

    def __post_init__(self) -> None:
        wrong = [] if self.parts else ["parts: expected some"]
        if self.size < 0:
            wrong += ["size: expected more", "parts[1].kind: expected another"]
        if wrong:
            raise ConfigError("\n".join(wrong))


def test_tables_become_dataclasses():
    given = {"parts": [{"name": "a", "kind": "u16"}, {"name": "b", "place": "2"}], "main": {"name": "c"}}
    parts = (Part(name="a", kind="u16"), Part(name="b", place=2))
    assert fill(Whole, given) == (Whole(parts=parts, main=Part(name="c")), [])
    assert fill(Whole, {"parts": parts, "main": parts[0]}) == (Whole(parts=parts, main=parts[0]), [])


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ({"parts": [{"name": "a"}, {"kind": "u12"}]}, [
            "parts[1].kind: expected one of 'u8', 'u16', got 'u12'",
            "parts[1].name: is missing; expected text",
        ]),
        ({"parts": [{"name": "a", "plce": 2}], "size": "x"}, [
            "parts[0].plce: no such option; did you mean 'place'?",
            "size: expected a whole number, got 'x'",
        ]),
        ({"parts": [{"name": "bad"}, 5]}, [
            "parts[0].name: expected a good one",
            "parts[0].place: expected another",
            "parts[1]: expected a table, got 5",
        ]),
        ({"parts": {"name": "a"}}, ["parts: expected a list of tables, got a table"]),
        ({"parts": "a,b"}, ["parts: expected a list of tables, got 'a,b'"]),
        ({"parts": [["a"]]}, ["parts[0]: expected a table, got ['a']"]),
        ({"main": {"name": 5}}, ["main.name: expected text, got 5"]),
        ({"main": 5}, ["main: expected a table, got 5"]),
        ({"main": [{"name": "a"}]}, ["main: expected a table, got a list of tables"]),
        ({"main": {"name": "a", "password": 5}}, ["main.password: expected text, got something else"]),
        ({"size": [{"password": "canary"}]}, ["size: expected a whole number, got a list of tables"]),
    ],
)  # fmt: skip
def test_a_mistake_in_a_table_is_told_with_its_place(given: dict[str, Any], mistakes: list[str]):
    made, found = fill(Whole, {"parts": [{"name": "x"}], **given})
    assert made is None
    assert list(map(str, found)) == mistakes


def test_what_the_dataclass_says_of_a_place_in_a_list():
    _, found = fill(Whole, {"size": -1, "parts": [{"name": "a"}]})
    assert found == [Mistake("size", "expected more"), Mistake("parts[1].kind", "expected another")]


def test_what_the_dataclass_says_of_an_option_that_is_wrong_already_is_not_told():
    _, found = fill(Whole, {"size": -1, "parts": [{"name": "a", "kind": 1}]})
    assert [mistake.key for mistake in found] == ["parts[0].kind", "size"]


def test_a_mistake_seen_from_outside_of_its_list():
    assert str(Mistake("kind", "is wrong").below("[2]").below("parts").below("a")) == "a.parts[2].kind: is wrong"


def test_show_is_short():
    assert len(show("x" * 10_000)) == 60
