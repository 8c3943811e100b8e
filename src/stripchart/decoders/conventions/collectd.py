"""collectd: its plugin ``mqtt`` writes what a computer measures of itself.

``collectd/<host>/<plugin>[-<instance>]/<type>[-<instance>]`` carries text: ``epoch:value[:value…]``, with a zero byte
at its end. How many values there are, and what they are, follows from the type, as collectd's ``types.db`` says; ``U``
is a value that is not known.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import FrameError, to_number, to_text
from stripchart.decoders.conventions.base import Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.objects import VALUE
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

_RX_TX: Final = ("rx", "tx")
_READ_WRITE: Final = ("read", "write")
_NAMES: Final = {
    "load": ("shortterm", "midterm", "longterm"),
    "if_octets": _RX_TX, "if_packets": _RX_TX, "if_errors": _RX_TX, "if_dropped": _RX_TX,
    "disk_octets": _READ_WRITE, "disk_ops": _READ_WRITE, "disk_time": _READ_WRITE, "disk_merged": _READ_WRITE,
    "disk_io_time": ("io_time", "weighted_io_time"),
    "df": ("used", "free"),
    "io_octets": _RX_TX, "io_packets": _RX_TX,
    "ps_count": ("processes", "threads"), "ps_cputime": ("user", "syst"), "ps_disk_octets": _READ_WRITE,
    "ps_disk_ops": _READ_WRITE, "ps_pagefaults": ("minflt", "majflt"),
    "vmpage_io": ("in", "out"), "vmpage_faults": ("minflt", "majflt"),
    "serial_octets": _RX_TX, "node_octets": _RX_TX,
}  # fmt: skip
"""Names of the values of the types that have several."""
_UNITS: Final = {
    "if_octets": "B/s", "disk_octets": "B/s", "io_octets": "B/s", "ps_disk_octets": "B/s", "memory": "B", "swap": "B",
    "df": "B", "df_complex": "B", "bytes": "B", "percent": "%", "temperature": "°C", "humidity": "%", "frequency": "Hz",
    "cpufreq": "Hz", "voltage": "V", "current": "A", "power": "W", "fanspeed": "rpm", "uptime": "s", "ping": "ms",
    "latency": "ms", "signal_power": "dBm", "signal_noise": "dBm",
}  # fmt: skip


class _ValuesReader(Reader):
    def __init__(self, kind: str) -> None:
        self._names = _NAMES.get(kind)
        self._units = Units(otherwise=_UNITS.get(kind, ""))

    def read(self, message: Chunk, rows: Rows) -> None:
        epoch, *texts = to_text(message.data.strip(b"\0 \r\n")).split(":")
        time = read_time(epoch, "s")
        values = [math.nan if text == "U" else to_number(text) for text in texts]
        if time is None or not values or None in values:
            raise FrameError("not epoch:value[:value]")
        rows.add(message, list(zip(self._name(len(values)), values, strict=True)), self._units, time=time)

    def _name(self, count: int) -> Sequence[str]:
        if self._names and len(self._names) == count:
            return self._names
        return [VALUE] if count == 1 else [f"{VALUE}[{place}]" for place in range(count)]


class Collectd(Convention):
    """collectd; see the module."""

    name = "collectd"
    title = "collectd"
    filters = ("collectd/+/+/+",)
    samples = (
        Sample(
            title="collectd",
            recognised="Values with their time; those of well-known types by their names.",
            messages=(
                ("collectd/nas/load/load", b"1709294400.250:0.5:0.25:U\0"),
                ("collectd/nas/interface-eth0/if_octets", b"1709294400.250:1024:2048\0"),
                ("collectd/nas/thermal-cpu/temperature", b"1709294400.250:41.5\0"),
            ),
            values={
                "collectd/nas/load/load/shortterm": [0.5],
                "collectd/nas/load/load/midterm": [0.25],
                "collectd/nas/load/load/longterm": [math.nan],
                "collectd/nas/load/load/time": [1709294400.25],
                "collectd/nas/interface-eth0/if_octets/rx": [1024.0],
                "collectd/nas/interface-eth0/if_octets/tx": [2048.0],
                "collectd/nas/interface-eth0/if_octets/time": [1709294400.25],
                "collectd/nas/thermal-cpu/temperature/value": [41.5],
                "collectd/nas/thermal-cpu/temperature/time": [1709294400.25],
            },
            units={
                "collectd/nas/load/load/time": "s",
                "collectd/nas/interface-eth0/if_octets/rx": "B/s",
                "collectd/nas/interface-eth0/if_octets/tx": "B/s",
                "collectd/nas/interface-eth0/if_octets/time": "s",
                "collectd/nas/thermal-cpu/temperature/value": "°C",
                "collectd/nas/thermal-cpu/temperature/time": "s",
            },
        ),
    )

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        return _ValuesReader(topic.rpartition("/")[2].partition("-")[0])
