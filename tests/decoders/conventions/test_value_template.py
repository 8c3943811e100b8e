from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.conventions.value_template import to_key
from support.decoding import many_examples


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("", "value"),
        ("{{ value }}", "value"),
        ("{{value}}", "value"),
        ("{{ value | float }}", "value"),
        ("{{- value | float(0) | round(1) -}}", "value"),
        ("{{ value_json.temperature }}", "temperature"),
        ("{{ value_json.a.b_1.c }}", "a/b_1/c"),
        ("{{ value_json['a b'] }}", "a b"),
        ('{{ value_json["BME280"].Temperature|float }}', "BME280/Temperature"),
        ("{{ value_json.a['x.y'][0].z | default(none) | is_defined }}", "a/x.y[0]/z"),
        ("{{ value_json[1] }}", "value[1]"),
    ],
)
def test_reads_where_the_value_is(template: str, key: str):
    assert to_key(template) == key


@pytest.mark.parametrize(
    "template",
    [
        "{{ value_json }}",
        "{{ value.x }}",
        "{{ value_json.a / 10 }}",
        "{{ value_json.a | multiply(10) }}",
        "{{ value_json.a }} {{ value_json.b }}",
        "{% if value_json.a %}1{% endif %}",
        "{{ states('sensor.x') }}",
        "{{ value_json['a\\'b'] }}",
        "{{ value_json.a.items }}x",
        "value",
        "{{ value_json." + "a" * 2000 + " }}",
    ],
)
def test_leaves_what_computes(template: str):
    assert to_key(template) is None


@many_examples
@given(template=st.text(alphabet="{} value_json.['\"]|float(0)a1", max_size=60))
def test_takes_any_text(template: str):
    key = to_key(template)
    assert key is None or key
