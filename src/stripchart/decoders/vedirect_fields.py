"""The fields of VE.Direct's text protocol, after Victron's "VE.Direct Protocol", version 3.33."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Field(NamedTuple):
    """What a label stands for."""

    name: str
    unit: str = ""
    divisor: int = 1
    """What a number is divided by to be in this unit."""
    text: bool = False
    """It names the device, even if it looks like a number."""


FIELDS: Final[Mapping[str, Field]] = {
    "V": Field("battery voltage", "V", 1000),
    "V2": Field("battery 2 voltage", "V", 1000),
    "V3": Field("battery 3 voltage", "V", 1000),
    "VS": Field("starter voltage", "V", 1000),
    "VM": Field("midpoint voltage", "V", 1000),
    "DM": Field("midpoint deviation", "%", 10),
    "VPV": Field("panel voltage", "V", 1000),
    "PPV": Field("panel power", "W"),
    "I": Field("battery current", "A", 1000),
    "I2": Field("battery 2 current", "A", 1000),
    "I3": Field("battery 3 current", "A", 1000),
    "IL": Field("load current", "A", 1000),
    "LOAD": Field("load"),
    "T": Field("battery temperature", "°C"),
    "P": Field("power", "W"),
    "CE": Field("consumed charge", "Ah", 1000),
    "SOC": Field("state of charge", "%", 10),
    "TTG": Field("time to go", "min"),
    "Alarm": Field("alarm"),
    "Relay": Field("relay"),
    "AR": Field("alarm reason"),
    "OR": Field("off reason"),
    "H1": Field("deepest discharge", "Ah", 1000),
    "H2": Field("last discharge", "Ah", 1000),
    "H3": Field("average discharge", "Ah", 1000),
    "H4": Field("charge cycles"),
    "H5": Field("full discharges"),
    "H6": Field("total charge drawn", "Ah", 1000),
    "H7": Field("lowest battery voltage", "V", 1000),
    "H8": Field("highest battery voltage", "V", 1000),
    "H9": Field("time since full charge", "s"),
    "H10": Field("automatic synchronisations"),
    "H11": Field("low voltage alarms"),
    "H12": Field("high voltage alarms"),
    "H13": Field("low starter voltage alarms"),
    "H14": Field("high starter voltage alarms"),
    "H15": Field("lowest starter voltage", "V", 1000),
    "H16": Field("highest starter voltage", "V", 1000),
    "H17": Field("discharged energy", "kWh", 100),
    "H18": Field("charged energy", "kWh", 100),
    "H19": Field("total yield", "kWh", 100),
    "H20": Field("yield today", "kWh", 100),
    "H21": Field("highest power today", "W"),
    "H22": Field("yield yesterday", "kWh", 100),
    "H23": Field("highest power yesterday", "W"),
    "ERR": Field("error"),
    "CS": Field("state"),
    "MPPT": Field("tracker"),
    "MODE": Field("mode"),
    "WARN": Field("warning"),
    "HSDS": Field("day number"),
    "AC_OUT_V": Field("AC output voltage", "V", 100),
    "AC_OUT_I": Field("AC output current", "A", 10),
    "AC_OUT_S": Field("AC output apparent power", "VA"),
    "DC_IN_V": Field("DC input voltage", "V", 100),
    "DC_IN_I": Field("DC input current", "A", 10),
    "DC_IN_P": Field("DC input power", "W"),
    "MON": Field("monitor mode"),
    "BMV": Field("model", text=True),
    "PID": Field("product", text=True),
    "FW": Field("firmware", text=True),
    "FWE": Field("firmware", text=True),
    "SER#": Field("serial number", text=True),
}
"""By label."""

TEXTS: Final[Mapping[str, Mapping[float, str]]] = {
    "CS": {
        0: "off", 1: "low power", 2: "fault", 3: "bulk", 4: "absorption", 5: "float", 6: "storage", 7: "equalize",
        9: "inverting", 11: "power supply", 245: "starting up", 246: "repeated absorption", 247: "auto equalize",
        248: "BatterySafe", 252: "external control",
    },
    "MPPT": {0: "off", 1: "limited", 2: "tracking"},
    "MODE": {1: "charger", 2: "inverter", 4: "off", 5: "eco", 253: "hibernate"},
    "ERR": {
        0: "none", 2: "battery voltage too high", 17: "charger too hot", 18: "charger over current",
        19: "charger current reversed", 20: "bulk time limit", 21: "current sensor", 26: "terminals overheated",
        28: "converter", 33: "panel voltage too high", 34: "panel current too high", 38: "input shutdown",
        39: "input shutdown", 65: "lost communication", 66: "synchronised charging", 67: "BMS connection lost",
        68: "network misconfigured", 116: "factory calibration lost", 117: "invalid firmware", 119: "invalid settings",
    },
}  # fmt: skip
"""What the numbers of some fields mean."""
