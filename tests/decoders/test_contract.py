"""The contract suite, as third parties run it on their decoders too; the samples show what each decoder reads."""

from __future__ import annotations

from typing import Any

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.lines import MAX_LINE
from stripchart.decoders.recorded import MAX_FRAME, RecordedDecoder
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Chunk
from stripchart.testing import TIME_NS, DecoderContract
from support.formats import BOUNDS


class TestArduino(DecoderContract):
    samples = (b"temp:21.5,hum:40\n", b"temp:21.25, hum:41\r\n", b"temp: 21,hum:nan\n")
    max_buffered = BOUNDS["arduino"]

    def make(self) -> Any:
        return ArduinoDecoder()


class TestCsv(DecoderContract):
    samples = (b"t;p;state\n", b"21,5;1013;ok\n", b"21,25;1013;ok\n", b"t;p;state\n", b'"21,0";0x3f6;low\n')
    max_buffered = BOUNDS["csv"]

    def make(self) -> Any:
        return CsvDecoder()


class TestKeyValue(DecoderContract):
    samples = ("T: 23.5 °C, H: 40 %\n".encode(), b"T: 23.4 C, H: 41 %\n", b"mode=auto relay=on\n", b"V\t12800\r\n")
    max_buffered = BOUNDS["keyvalue"]

    def make(self) -> Any:
        return KeyValueDecoder()


class TestJson(DecoderContract):
    samples = (
        b'{"t": 21.5, "imu": {"a": [0.1, 9.8]}, "on": true}\n',
        b'{"t":"22"}{"t":23}',
        b'\n[{"t":24},{"t":25}]\r\n',
    )

    def make(self) -> Any:
        return JsonDecoder()


class TestTopics(DecoderContract):
    messages = True
    samples = (
        Chunk(b"21.5", TIME_NS, topic="greenhouse/temp"),
        Chunk(b"22", TIME_NS, topic="greenhouse/temp", retained=True),
        Chunk(b"ON", TIME_NS, topic="/pump"),
        Chunk(b'{"a": {"b": [1, 2]}, "c": null}', TIME_NS, topic="bench"),
        Chunk(b"idle", TIME_NS, topic="bench/mode"),
    )
    max_buffered = BOUNDS["topics"]

    def make(self) -> Any:
        return TopicsDecoder()


class TestAuto(DecoderContract):
    samples = tuple(b"%d,%d.5\n" % (number, number) for number in range(12))
    max_buffered = (64 << 10) + MAX_LINE

    def make(self) -> Any:
        return AutoDecoder()


class TestAutoOfTopics(DecoderContract):
    messages = True
    samples = TestTopics.samples
    max_buffered = BOUNDS["topics"]

    def make(self) -> Any:
        return AutoDecoder()


class TestRecorded(DecoderContract):
    samples = (RecordedDecoder.samples[0].data, RecordedDecoder.samples[0].data)
    max_buffered = MAX_FRAME

    def make(self) -> Any:
        return RecordedDecoder()
