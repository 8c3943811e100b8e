"""Fuzz the decoders: ``python -m tests.fuzz [NAME ...] [--minutes 10]``, all of them without a name.

Each decoder has its share of the time, in a process of its own. It begins with the decoders' samples, with the inputs
in ``tests/decoders/corpus``, and with what was kept of earlier runs in ``corpus/NAME``; what it finds is kept there, as
far as it reaches more code. So is an input that makes it fail: ``tests/decoders/test_invariants.py`` reads them
all.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent))  # for `support`, as in the tests

from support import raw  # noqa: E402 - behind the path
from support.formats import BUILT_IN, setups  # noqa: E402
from support.programs import TOKENS  # noqa: E402

ROW = "{:10} {:>10} {:>8} {:>9} {:>7} {:>8}  {}\n"
MAX_LEN = 1024
LIMITS = (f"-max_len={MAX_LEN}", "-len_control=0", "-rss_limit_mb=1024", "-timeout=20", "-print_final_stats=1")
MERGE = ("-set_cover_merge=1", "-use_counters=0")
"""Tell what each input reaches."""
MOST_KEPT, MOST_KEPT_BYTES = 30, 40_000
MOST_SHOWN = 4000
FAILURES = ("crash-*", "timeout-*", "oom-*")


class Outcome(NamedTuple):
    """What became of one decoder's share."""

    runs: int
    coverage: int
    failures: list[Path]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the decoders.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"one of {', '.join(BUILT_IN)}")
    parser.add_argument("--minutes", type=float, default=10, help="in all (default: 10)")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(BUILT_IN))
    if unknown:
        parser.error(f"no decoder named {', '.join(unknown)}; there are: {', '.join(BUILT_IN)}")
    names = asked.names or BUILT_IN
    seconds = max(1, round(asked.minutes * 60 / len(names)))
    sys.stdout.write(ROW.format("decoder", "runs", "runs/s", "coverage", "corpus", "failures", ""))
    outcomes = [fuzz(name, seconds) for name in names]
    return int(any(outcome.failures for outcome in outcomes))


def fuzz(name: str, seconds: int) -> Outcome:
    """Fuzz one decoder, keep what was found, and print a line about it."""
    kept = HERE / "corpus" / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        seeds, found, failed = (Path(folder, part) for part in ("seeds", "found", "failed"))
        for path in (seeds, found, failed):
            path.mkdir()
        for number, data in enumerate(inputs(name)):
            (seeds / str(number)).write_bytes(data)
        words = Path(folder, "words")
        words.write_text("".join('"' + re.sub("..", r"\\x\g<0>", token.hex()) + '"\n' for token in TOKENS))
        share = (f"-max_total_time={seconds}", f"-dict={words}", f"-artifact_prefix={failed}/")
        run = target(name, *share, *LIMITS, found, seeds, kept)
        failures = [kept / shutil.copy(path, kept) for pattern in FAILURES for path in sorted(failed.glob(pattern))]
        if not failures:
            keep(name, kept, found, seeds)
    outcome = Outcome(latest(r"number_of_executed_units: (\d+)", run), latest(r" cov: (\d+) ", run), failures)
    if failures:
        sys.stderr.write(run.stdout[-MOST_SHOWN:])
    elif run.returncode or not outcome.runs:
        sys.exit(f"{name}: the target does not run:\n{run.stderr[-MOST_SHOWN:]}")
    figures = f"{outcome.runs:,}", f"{outcome.runs / seconds:,.0f}", outcome.coverage, len([*kept.iterdir()])
    where = " ".join(str(path.relative_to(ROOT)) for path in failures)
    sys.stdout.write(ROW.format(name, *figures, len(failures), where))
    sys.stdout.flush()
    return outcome


def latest(pattern: str, run: subprocess.CompletedProcess[str]) -> int:
    """Return the number that libFuzzer told last."""
    return int((re.findall(pattern, run.stderr) or [0])[-1])


def keep(name: str, kept: Path, *others: Path) -> None:
    """Keep, of what was kept and of what is in other folders, the few inputs that reach the most."""
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        control, merged = Path(folder, "control"), Path(folder, "merged")
        merged.mkdir()
        target(name, *MERGE, f"-merge_control_file={control}", merged, *others, kept)
        chosen = [path.read_bytes() for path in choose(control)] if control.exists() else []
    if chosen:
        shutil.rmtree(kept)
        kept.mkdir()
        for data in chosen:
            (kept / sha256(data).hexdigest()[:12]).write_bytes(data)


def choose(control: Path) -> list[Path]:
    """Return few inputs that together reach the most, by what libFuzzer noted of each while merging."""
    count, _, *lines = control.read_text().splitlines()
    paths = [Path(line) for line in lines[: int(count)]]
    reached = {}
    for line in lines[int(count) :]:
        kind, number, *features = line.split()
        if kind == "FT":
            reached[paths[int(number)]] = set(features)
    chosen: list[Path] = []
    room = MOST_KEPT_BYTES
    while reached and len(chosen) < MOST_KEPT:
        best = max(reached, key=lambda path: (len(reached[path]), -path.stat().st_size))
        room -= best.stat().st_size
        if not reached[best] or room < 0:
            break
        chosen.append(best)
        reached = {path: features - reached[best] for path, features in reached.items()}
    return chosen


def inputs(name: str) -> list[bytes]:
    """Return what a decoder is known to read, and what the detection is tested with."""
    made = [raw.write([frame], number) for number, setup in enumerate(setups(name)) for frame in setup.frames]
    whole = [raw.write(setup.frames, number) for number, setup in enumerate(setups(name)) if setup.messages]
    pattern = "*" if name == "auto" else f"{name}-*"
    files = sorted((HERE.parent / "decoders" / "corpus").glob(pattern))
    return [*made, *whole, *(raw.write([("", path.read_bytes()[: 3 * MAX_LEN // 4])], 0) for path in files)]


def target(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the target. Atheris prints what was raised to its output, libFuzzer all else to its errors."""
    command = [sys.executable, "-m", "tests.fuzz.target", name, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, errors="replace")


if __name__ == "__main__":
    sys.exit(main())
