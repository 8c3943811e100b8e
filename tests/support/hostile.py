"""Names that a stranger could give a topic or a channel to do harm on the page."""

from __future__ import annotations

import itertools

HARM = "window.pwned=1"
MARKUP = [
    f"<script>{HARM}</script>", f"</script><script>{HARM}</script>", f"<img src=pwned onerror={HARM}>",
    f"<svg onload={HARM}>", f"<iframe srcdoc='<script>parent.{HARM}</script>'>", f"<a href='javascript:{HARM}'>x</a>",
    f"<body onload={HARM}>", f"<details open ontoggle={HARM}>",
    f"<style>@import 'pwned';</style><style onload={HARM}></style>", f"<input autofocus onfocus={HARM}>",
    f"<math><mtext><script>{HARM}</script></mtext></math>", f"<template><script>{HARM}</script></template>",
    "<base href='//pwned/'>", f"<object data='javascript:{HARM}'>", f"<embed src='javascript:{HARM}'>",
    "<link rel=stylesheet href=pwned>", f"<!--><script>{HARM}</script>",
    "<meta http-equiv=refresh content='0;url=pwned'>", f"<video><source onerror={HARM}></video>",
    "<form action=pwned><button>x</button></form>", f"]]><script>{HARM}</script>", f"<scr<script>ipt>{HARM}</script>",
    f"\\u003cscript\\u003e{HARM}\\u003c/script\\u003e", f"&lt;script&gt;{HARM}&lt;/script&gt;",
]  # fmt: skip
TEX = [
    f"$$\\href{{javascript:{HARM}}}{{x}}$$", f"\\(\\href{{javascript:{HARM}}}{{x}}\\)",
    f"\\[\\href{{javascript:{HARM}}}{{x}}\\]", f"$$$\\href{{javascript:{HARM}}}{{x}}$$$", "$$\\unicode{x3c}script$$",
    "$$\\require{html}\\style{background:url(pwned)}{x}$$", "$$", "$$$$", "$\u200b$x$\u200b$",
    f"\\\u202e(\\href{{javascript:{HARM}}}{{x}}\\\u202e)",
]  # fmt: skip
QUOTES = [
    f'"onmouseover={HARM} x="', f"'onmouseover={HARM} x='", f"`;{HARM};`", f"${{{HARM}}}", f'";{HARM};//',
    f"';{HARM};//", f'\\";{HARM};//', f"\u2028{HARM}\u2029", f"\n{HARM}\n", f"-->{HARM}", f"*/{HARM}/*", '"}]}',
    "\\", '"', "'", "`",
]  # fmt: skip
TEMPLATES = [
    "{{ 7*7 }}", "{% raw %}", "{{ config }}", f"{{{{constructor.constructor('{HARM}')()}}}}", "${7*7}", "#{7*7}",
    "<%= 7*7 %>", "@x{safe}", "@{x}", "$index", "%s%n%d", "{0}", "{}", "%(x)s",
]  # fmt: skip
WORDS = [
    "__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "valueOf", "length", "t", "n", "c0", "c1",
    "s0", "strip0", "strip0-0", "page", "time", "tick", "layout", "index", "level_0", "undefined", "null", "NaN",
    "true", "__class__", "self", "this", "document", "value",
]  # fmt: skip
UNICODE = [
    "\u202egnp.exe", "\u2066x\u2069\u202a\u202b", "\u200b", "\u200d\u200c", "\ufeff", "\ufffe", "\ue000",
    "e" + "\u0301" * 100, "\u0300", "\ufdfa" * 40, "\U0001d4ec\U0001d4f1", "\U0001f469\u200d\U0001f467" * 30,
    "\U000e0001\U000e0041", "\uff53\uff43\uff52\uff49\uff50\uff54", "\uff1cscript\uff1e", "\u202e" * 3, " ", "\u3000",
    "\u0130", "\xdf", "\x7f", "\x85", "\x1b[31mred", "\r\n\r\n",
]  # fmt: skip
PATHS = [
    "../../etc/passwd",
    "..\\..\\",
    "/",
    "//",
    "a//b",
    "/a",
    "a/",
    "#",
    "+",
    "$SYS/x",
    "?",
    "%2e%2e%2f",
    "\x00",
    "a\x00b",
    "CON",
    "file:///etc/passwd",
]
LONG = [
    "x" * 10_000,
    "<b>" * 3_000,
    "$$" * 5_000,
    "\u0301" * 10_000,
    "\u202e" * 10_000,
    "\u200b" * 600 + f"<script>{HARM}</script>",
]


def hostile_names(count: int) -> list[str]:
    """Return so many different names: each by itself first, then dressed up."""
    plain = [*MARKUP, *TEX, *QUOTES, *TEMPLATES, *WORDS, *UNICODE, *PATHS, *LONG]
    dressed = (
        f"{before}{name}{after}"
        for before, after in itertools.product(
            ("", "temp ", "a/b/", "x" * 120, "\u202e", '"'), ("", " °C", "\x00", '">', "$$", "</title>")
        )
        for name in plain
    )
    return list(itertools.islice(dict.fromkeys(dressed), count))
