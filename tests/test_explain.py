from __future__ import annotations

import json
import shlex
import time
import tomllib

from stripchart.config.spec import SourceSpec, as_spec, source
from stripchart.flow.pump import State
from support.bench import SERIAL, Bench
from support.corpus import gps
from support.wait import until

KEYS = {"source", "url", "state", "hint", "decoder", "in_use", "counts", "reasons", "rejects", "suggestions", "log"}
NOISE = bytes(range(128, 192)) * 4


class TestAnswer:
    def test_it_has_the_keys_that_others_rely_on_and_is_json(self) -> None:
        with Bench(b"boot text\n1,2\n3,4\n5,6\n7,8\n9,x\n") as bench:
            until(lambda: bench.explain()["log"])
            answer = json.loads(json.dumps(bench.explain()))
        assert answer.keys() == KEYS
        assert (answer["source"], answer["url"]) == ("bench", "serial:/dev/ttyUSB0?baudrate=9600&decoder=csv")
        assert (answer["state"], answer["hint"]) == ("connected", "")
        assert answer["decoder"] == "CSV, 2 columns (80 % fits)"
        assert answer["in_use"] == "csv"
        assert answer["counts"] == {
            "bytes": 30, "bytes_skipped": 0, "bytes_buffered": 0,
            "frames": 6, "decoded": 5, "rejected": 1, "samples": 9,
        }  # fmt: skip
        assert answer["reasons"] == [{"reason": "not a number", "count": 1}]
        (reject,) = answer["rejects"]
        assert (reject["reason"], reject["text"]) == ("not a number", "9,x")
        assert abs(reject["time_ns"] - time.time_ns()) < 60e9
        assert [line["text"] for line in answer["log"]] == ["boot text"]
        (suggestion,) = answer["suggestions"]
        assert suggestion.keys() == {"decoder", "share", "note", "line", "toml"}
        assert (suggestion["decoder"], suggestion["share"], suggestion["note"]) == ("csv", 0.8, "CSV, 2 columns")

    def test_the_newest_come_first_and_are_few(self) -> None:
        lines = b"".join(b"-%d-\n" % number for number in range(300))
        with Bench(lines, b"".join(b"log line %d\n" % number for number in range(300))) as bench:
            until(lambda: bench.explain()["log"][:1] and bench.explain()["log"][0]["text"] == "log line 299")
            answer = bench.explain()
        assert [reject["text"] for reject in answer["rejects"]] == [f"-{number}-" for number in range(299, 199, -1)]
        assert [line["text"] for line in answer["log"]] == [f"log line {number}" for number in range(299, 249, -1)]
        assert answer["counts"]["rejected"] == 300

    def test_it_answers_before_the_start_and_after_a_failure(self) -> None:
        bench = Bench()
        assert bench.explain()["hint"] == "it is idle"
        bench.pump.state, bench.pump.reason = State.FAILED, "no such device"
        assert bench.explain()["hint"] == "no such device"
        bench.pump.state, bench.pump.reason = State.RELEASED, "left to other programs"
        assert bench.explain()["hint"] == "left to other programs"


class TestSuggestions:
    def lines(self, spec: SourceSpec, data: bytes = b"t:1\nt:2\nt:3\n") -> list[tuple[str, str, str]]:
        with Bench(data, spec=as_spec(spec)) as bench:
            return [(one["decoder"], one["line"], one["toml"]) for one in bench.explain()["suggestions"]]

    def test_all_that_read_it_are_ranked(self) -> None:
        assert [decoder for decoder, *_ in self.lines(SERIAL)] == ["arduino", "keyvalue"]
        assert self.lines(SERIAL, NOISE) == []

    def test_each_is_named_once(self) -> None:
        assert [decoder for decoder, *_ in self.lines(SERIAL, b"".join(gps(4)))] == ["nmea", "csv"]

    def test_the_lines_say_all_that_the_user_said(self) -> None:
        spec = source("serial:/dev/tty USB'0?decoder=json", name="my bench", baudrate=9600, exclusive=False)
        (_, line, toml), *_ = self.lines(spec)
        words = shlex.split(line)
        assert words[:2] == ["stripchart", "watch"]
        assert words[2:] == ["serial:/dev/tty USB'0?baudrate=9600&exclusive=false&decoder=arduino"]
        assert tomllib.loads(toml) == {
            "sources": {
                "my bench": {"url": "serial:/dev/tty USB'0?baudrate=9600&exclusive=false", "decoder": "arduino"}
            }
        }
        as_spec(words[2]).build()

    def test_no_secret_is_told(self) -> None:
        spec = source("mqtt://ann:canary@host/a/#?password=canary2", name="m", password="canary3")  # noqa: S106 - made up
        assert "canary" not in repr(self.lines(spec))

    def test_standard_input_has_no_query(self) -> None:
        assert self.lines(source("-"))[0][1] == "stripchart watch - --decoder arduino"

    def test_options_of_a_decoder_need_a_file(self) -> None:
        data = b"".join(b"temp:%d:21.5\n" % (1716459300000 + number) for number in range(6))
        ((decoder, line, toml),) = self.lines(source("udp://:47269", name="plot"), data)
        assert (decoder, line) == ("teleplot", "")
        assert tomllib.loads(toml)["sources"]["plot"]["decoder_options"] == {"transport": "udp"}

    def test_a_function_has_no_address(self) -> None:
        assert self.lines(source(lambda: 1, name="f"))[0][1:] == ("", "")
