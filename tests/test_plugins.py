from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING, get_type_hints

import pytest

from stripchart.config.options import describe, fill
from stripchart.config.secrets import is_secret
from stripchart.errors import ConfigError
from stripchart.plugins import load, registered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUILT_IN = [(kind, name) for kind in ("sources", "decoders") for name in registered(kind)]

MODULE = """
from dataclasses import dataclass

class Modbus:
    @dataclass(frozen=True)
    class Options:
        unit: int = 1

class WithoutOptions:
    pass
"""
ENTRY_POINTS = """
[stripchart.sources]
modbus = acme:Modbus
bare = acme:WithoutOptions
missing = acme:Nothing
absent = acme_is_not_installed:Modbus
broken = acme_broken:Modbus
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package the way pip leaves it on the path."""
    (tmp_path / "acme.py").write_text(MODULE)
    (tmp_path / "acme_broken.py").write_text("1 / 0")
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    registered.cache_clear()
    yield
    registered.cache_clear()
    sys.modules.pop("acme", None)


@pytest.mark.parametrize(("kind", "name"), BUILT_IN)
def test_built_in_adapters_load_and_describe_their_options(kind: str, name: str):
    adapter = load(kind, name)
    options = adapter.Options
    hints = get_type_hints(options, include_extras=True)
    given = [sample.options for sample in getattr(adapter, "samples", ())] or [{}]
    for each in given:
        made, mistakes = fill(options, each)
        assert made == fill(options, each)[0]
        assert not mistakes
    assert all(describe(hints[field.name]) for field in fields(options))


@pytest.mark.parametrize(("kind", "name"), BUILT_IN)
def test_secrets_stay_out_of_the_repr_of_options(kind: str, name: str):
    shown = {field.name for field in fields(load(kind, name).Options) if field.repr}
    assert not set(filter(is_secret, shown))


def test_all_kinds_are_built_in():
    assert {"serial", "mqtt", "sim", "tcp", "udp", "-", "function"} <= registered("sources").keys()
    assert {"auto", "arduino", "csv", "keyvalue", "json", "topics"} <= registered("decoders").keys()


def test_a_misspelt_name():
    with pytest.raises(ConfigError, match=r"^no source named 'seral'; did you mean 'serial'\? \(there are: -,"):
        load("sources", "seral")


def test_a_name_like_no_other():
    with pytest.raises(ConfigError, match=r"^no decoder named 'xyzzy' \(there are: arduino, auto,"):
        load("decoders", "xyzzy")


@pytest.mark.usefixtures("third_party")
def test_a_third_party_is_found_and_loaded_only_when_asked_for():
    assert "modbus" in registered("sources")
    assert "acme" not in sys.modules
    assert load("sources", "modbus").Options().unit == 1
    assert "acme" in sys.modules


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bare", "source 'bare' cannot be used: expected acme:WithoutOptions to have Options, a dataclass"),
        ("missing", "source 'missing' cannot be loaded: AttributeError: .*Nothing"),
        ("absent", "source 'absent' cannot be loaded: ModuleNotFoundError: .*acme_is_not_installed"),
        ("broken", "source 'broken' cannot be loaded: ZeroDivisionError: division by zero"),
    ],
)
def test_a_faulty_third_party_is_told_in_one_line(name: str, message: str):
    with pytest.raises(ConfigError, match=f"^{message}.*$"):
        load("sources", name)
