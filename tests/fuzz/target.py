"""One decoder under libFuzzer: ``python -m tests.fuzz.target NAME [libFuzzer's arguments]``."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.append(str(Path(__file__).parents[1]))  # for `support`, as in the tests

with atheris.instrument_imports(include=["stripchart.decoders"]):
    from support import raw
    from support.formats import setups
    from support.scripts import check

    NAME = sys.argv.pop(1)
    SETUPS = setups(NAME)


def test_one_input(data: bytes) -> None:
    setup, script = raw.read(data, SETUPS)
    check(setup.make, script, setup.max_buffered)


if __name__ == "__main__":
    again = f"{sys.executable} -m tests.fuzz.target {NAME}"  # as libFuzzer starts it while merging
    atheris.Setup([again, *sys.argv[1:]], test_one_input)
    atheris.Fuzz()
