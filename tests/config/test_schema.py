from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stripchart.config.schema import json_schema

FIELD = {"name": "a", "type": "u16", "bits": [0, 4], "words": {"0": "off", "1": "on"}, "scale": "${SCALE}"}
BUTTON = {"label": "Zero", "send": "Z", "topic": "a/b", "ending": "", "confirm": True}
CONFIGS = sorted((Path(__file__).parents[2] / "config").glob("*.toml"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.name)
def test_the_ready_made_configurations_fit(validator: Draft202012Validator, file: Path):
    validator.validate(tomllib.loads(file.read_text()))


@pytest.mark.parametrize(
    "document",
    [
        {"sources": {"a": {"url": "sim:", "rate": "${RATE}"}}},
        {"sources": {"a": {"url": "${URL}", "rate": 5}}},
        {"sources": {"a": {"url": "-"}}},
        {"sources": {"a": {"url": "serial:x", "ending": "\r", "buttons": [BUTTON, {"label": "x", "hex": "01 03"}]}}},
        {"sources": {"a": {"url": "sim:"}}, "server": {"control": True, "control_token_file": "x"}},
        {"sources": {"a": {"url": "sim:", "time": "device", "time_channel": "millis", "time_unit": "ms"}}},
        {"sources": {"a": {"url": "mqtt://host", "password_file": "x", "decoder": "json"}}, "window": "5m"},
        {"sources": {"a": {"url": "sim:"}}, "server": {"token_file": "x", "port": 5006}, "window": 60},
        {"sources": {"a": {"url": "-", "decoder": "csv", "decoder_options": {"delimiter": ";"}}}},
        {"sources": {"a": {"url": "-", "decoder_options": {"delimiter": ";"}}}},
        {"sources": {"a": {"url": "-", "decoder": "${DECODER}", "decoder_options": {"delimiter": ";"}}}},
        {"sources": {"a": {"url": "-", "decoder": "binary", "decoder_options": {"sync": "AA", "fields": [FIELD]}}}},
    ],
)
def test_what_fits(validator: Draft202012Validator, document: dict[str, Any]):
    validator.validate(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"sources": {}},
        {"sources": {"a": {}}},
        {"sources": {"a": {"url": "seral:/dev/ttyUSB0"}}},
        {"sources": {"a": {"url": "sim:", "baudrate": 9600}}},
        {"sources": {"a": {"url": "sim:", "time": "gps"}}},
        {"sources": {"a": {"url": "sim:", "rate": "fast"}}},
        {"sources": {"a": {"url": "serial:x", "ending": "x"}}},
        {"sources": {"a": {"url": "serial:x", "buttons": [BUTTON | {"lable": "x"}]}}},
        {"sources": {"a": {"url": "serial:x", "buttons": [{"send": "x"}]}}},
        {"sources": {"a": {"url": "sim:"}}, "server": {"control": "perhaps"}},
        {"sources": {"a": {"url": "sim:", "decoder": "cvs"}}},
        {"sources": {"a": {"url": "sim:"}}, "theme": "drak"},
        {"sources": {"a": {"url": "sim:"}}, "server": {"port": 70000}},
        {"sources": {"a": {"url": "sim:"}}, "titel": "x"},
        {"sources": {"a": {"url": "-", "decoder": "json", "decoder_options": {"delimiter": ";"}}}},
        {"sources": {"a": {"url": "-", "decoder_options": {"delimitr": ";"}}}},
        {"sources": {"a": {"url": "-", "decoder": "binary", "decoder_options": {"fields": [{"name": "a"}]}}}},
        {"sources": {"a": {"url": "-", "decoder": "binary", "decoder_options": {"fields": [FIELD | {"type": "u12"}]}}}},
        {"sources": {"a": {"url": "-", "decoder": "binary", "decoder_options": {"fields": [FIELD | {"untt": "V"}]}}}},
    ],
)
def test_what_does_not(validator: Draft202012Validator, document: dict[str, Any]):
    assert not validator.is_valid(document)
