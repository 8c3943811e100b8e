from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stripchart.ui.labels import MAX_LABEL, safe_label

DELIMITERS = ("$$", r"\(", r"\)", r"\[", r"\]")
HOSTILE = st.text(st.sampled_from("$\\()[]a\u200b\u200c\u202e\u0301e\n\0<>{}") | st.characters(), max_size=400)


@given(HOSTILE)
@example("$$$")
@example("$\u200b$")
@example("\\\u202e(")
@example("e\u200b\u0301")
@example("$" * 500)
@example("\ud800")
@example("a" * 127 + "$$")
def test_nothing_dangerous_is_left(text: str) -> None:
    label = safe_label(text)
    assert len(label) <= MAX_LABEL
    assert not any(delimiter in label for delimiter in DELIMITERS)
    assert not {unicodedata.category(character) for character in label} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", label)
    label.encode()
    assert safe_label(label) == label
    assert bool(label) == bool(text)


@given(st.text(st.characters(categories=["L", "N"], codec="latin-1"), max_size=MAX_LABEL))
def test_a_decent_name_stays(text: str) -> None:
    assert safe_label(text) == text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("temp", "temp"),
        ("", ""),
        ("cafe\u0301", "café"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x00b\nc\td", "abcd"),
        ("\u202e\u200b", "\ufffd"),
        ("cost in $", "cost in $"),
        ("$$x$$", "$\u2009$x$\u2009$"),
        ("\\[x\\]", "\\\u2009[x\\\u2009]"),
        ("C:\\temp", "C:\\temp"),
        ("x" * 200, "x" * 127 + "…"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_examples(text: str, label: str) -> None:
    assert safe_label(text) == label
