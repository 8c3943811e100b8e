from __future__ import annotations

from dataclasses import dataclass, field
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
        (Needy, "a Needy"),
    ],
)
def test_hints_in_words(hint: Any, words: str):
    assert describe(hint) == words


def test_show_is_short():
    assert len(show("x" * 10_000)) == 60
