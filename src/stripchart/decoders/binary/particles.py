"""Particle sensors that send binary frames: the binary decoder with their tables.

The tables are as in the makers' data sheets: Nova SDS011 (laser PM2.5 sensor, V1.3) and Plantower PMS5003 (V2.3),
whose frames the PMS7003 and the PMSA003 send too. A sensor's answers to commands are other frames, and rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.binary.decoder import FrameDecoder
from stripchart.decoders.binary.fields import Field
from stripchart.decoders.binary.options import BinaryOptions
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.flow.records import Tally

MASS: Final = "µg/m³"
COUNT: Final = "per 0.1 L"
DIAMETERS: Final = ("0.3", "0.5", "1.0", "2.5", "5.0", "10")

SDS011: Final = BinaryOptions(
    sync="AA C0",
    end="AB",
    checksum="sum-8",
    fields=(
        Field(name="PM2.5", type="u16", scale=0.1, unit=MASS),
        Field(name="PM10", type="u16", scale=0.1, unit=MASS),
        Field(name="id", type="hex", size=2),
    ),
)
PMSX003: Final = BinaryOptions(
    endian="big",
    sync="42 4D",
    length="u16",
    length_counts="rest",
    size=32,
    checksum="sum-16",
    checksum_start=0,
    fields=(
        *(Field(name=f"{size} factory", type="u16", unit=MASS) for size in ("PM1.0", "PM2.5", "PM10")),
        *(Field(name=size, type="u16", unit=MASS) for size in ("PM1.0", "PM2.5", "PM10")),
        *(Field(name=f"particles > {diameter} µm", type="u16", unit=COUNT) for diameter in DIAMETERS),
    ),
)


@dataclass(frozen=True)
class NoOptions:
    """There is nothing to set."""


USUAL: Final = {"baudrate": 9600}
"""How both sensors' ports are set up."""


class Sds011Decoder(FrameDecoder):
    """SDS011: two concentrations and the sensor's address, each second."""

    Options = NoOptions
    usual: ClassVar = USUAL

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="SDS011 particle sensor",
            recognised="Frames of 10 bytes `AA C0 … AB` with their checksum.",
            data=bytes.fromhex("AA C0 7B 00 C8 00 A1 60 44 AB AA C0 7C 00 C9 00 A1 60 46 AB"),
            values={"PM2.5": [12.3, 12.4], "PM10": [20.0, 20.1], "id": ["A160", "A160"]},
            units={"PM2.5": MASS, "PM10": MASS},
        ),
    )

    def __init__(self, _options: NoOptions | None = None, tally: Tally | None = None) -> None:
        super().__init__(SDS011, tally, "SDS011 particle sensor")


class PmsX003Decoder(FrameDecoder):
    """PMS5003, PMS7003 and PMSA003: concentrations and counts of particles.

    The maker gives concentrations twice: in the atmosphere, and "factory" as calibrated with its standard particles.
    """

    Options = NoOptions
    usual: ClassVar = USUAL

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="PMS5003, PMS7003, PMSA003 particle sensors",
            recognised="Frames of 32 bytes `42 4D` with their length and checksum.",
            data=bytes.fromhex(
                "42 4D 00 1C 00 05 00 08 00 09 00 05 00 08 00 0A 03 84 01 0E 00 2A 00 06 00 02 00 01 97 00 02 38"
            ),
            values={
                "PM1.0 factory": [5], "PM2.5 factory": [8], "PM10 factory": [9], "PM1.0": [5], "PM2.5": [8],
                "PM10": [10], "particles > 0.3 µm": [900], "particles > 0.5 µm": [270], "particles > 1.0 µm": [42],
                "particles > 2.5 µm": [6], "particles > 5.0 µm": [2], "particles > 10 µm": [1],
            },
            units={
                **dict.fromkeys(("PM1.0 factory", "PM2.5 factory", "PM10 factory", "PM1.0", "PM2.5", "PM10"), MASS),
                **{f"particles > {diameter} µm": COUNT for diameter in DIAMETERS},
            },
        ),
    )  # fmt: skip

    def __init__(self, _options: NoOptions | None = None, tally: Tally | None = None) -> None:
        super().__init__(PMSX003, tally, "PMSx003 particle sensor")
