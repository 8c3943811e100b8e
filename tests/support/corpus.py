"""Writes the inputs in ``tests/decoders/corpus``: what devices may send, with all that goes wrong at the start.

Each file is named FORMAT-WHAT, where FORMAT is the decoder that reads it, or ``none``. Run it to write them anew; a
test holds them to it. The values are made up.
"""

from __future__ import annotations

import math
import random
import struct
from functools import reduce
from operator import xor
from pathlib import Path

ESP_BOOT = (
    b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nconfigsip: 0, "
    b"SPIWP:0xee\r\nclk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00\r\n"
    b"mode:DIO, clock div:1\r\n"
    b"load:0x3fff0030,len:1184\r\nload:0x40078000,len:13232\r\nload:0x40080400,len:3028\r\nentry 0x400805e4\r\n"
)
SKETCH_BOOT = b"BME280 test\r\nSensor found at 0x76\r\nSampling: 16x, filter on\r\nReady.\r\n"
WIFI = b"Connecting to greenhouse\r\n.....\r\nWiFi connected\r\nIP address: 192.168.1.57\r\nRSSI: -61 dBm\r\n"
LOG = (b"I (%d) wifi: beacon timeout\r\n", b"W (%d) sensor: retry, bus was busy\r\n", b"heap: %d bytes free\r\n")


def noise(count: int, seed: int = 1) -> bytes:
    """Return what a bootloader at another rate looks like: many zeros and bytes with few changes of level."""
    chance = random.Random(seed)
    return bytes(chance.choice((0x00, 0x80, 0xE0, 0xF8, 0xFE, 0xC0, 0x1C, chance.randrange(256))) for _ in range(count))


def mixed(lines: list[bytes], every: int) -> bytes:
    """Put a line of a log after every so many lines."""
    found = []
    for number, line in enumerate(lines):
        found.append(line)
        if number % every == every - 1:
            found.append(LOG[number // every % len(LOG)] % (1000 + 37 * number))
    return b"".join(found)


def wave(row: int, base: float, span: float) -> float:
    return base + span * math.sin(row / 7)


def sentence(body: str) -> bytes:
    return f"${body}*{reduce(xor, body.encode()):02X}\r\n".encode()


def gps(rows: int, *, fix: bool = True) -> list[bytes]:
    lines = []
    for row in range(rows):
        clock = f"1015{row % 60:02}.00"
        if fix:
            place = f"4807.{380 + row:04},N,01131.{1200 - row:04},E"
            lines.append(sentence(f"GPGGA,{clock},{place},1,09,0.92,545.4,M,46.9,M,,"))
            lines.append(sentence(f"GPRMC,{clock},A,{place},{wave(row, 2, 1):.2f},084.4,230524,003.1,W"))
        else:
            lines.append(sentence(f"GPGGA,{clock},,,,,0,03,,,M,,M,,"))
            lines.append(sentence(f"GPRMC,{clock},V,,,,,,,230524,,"))
        lines.append(sentence(f"GPGSA,A,{3 if fix else 1},04,05,,09,12,,,24,,,,,2.5,1.3,2.1"))
    return lines


def vedirect(row: int) -> bytes:
    fields = {
        "PID": "0xA053", "FW": "161", "SER#": "HQ2132ABCDE", "V": f"{wave(row, 12800, 200):.0f}",
        "I": f"{wave(row, -500, 100):.0f}", "VPV": "18560", "PPV": f"{wave(row, 40, 10):.0f}", "CS": "3",
        "MPPT": "2", "ERR": "0", "LOAD": "ON", "IL": "300", "H19": "2456", "H20": "12", "H21": "118", "HSDS": "41",
    }  # fmt: skip
    block = b"".join(f"\r\n{key}\t{value}".encode() for key, value in fields.items()) + b"\r\nChecksum\t"
    return block + bytes([-sum(block) % 256])


def dsmr(row: int) -> bytes:
    lines = [
        "/XMX5LGBBFFB231215493", "", "1-3:0.2.8(50)", f"0-0:1.0.0(2405231015{row % 60:02}S)",
        f"1-0:1.8.1({1234.567 + row / 1000:010.3f}*kWh)", f"1-0:1.8.2({2345.678 + row / 1000:010.3f}*kWh)",
        "0-0:96.14.0(0002)", f"1-0:1.7.0({wave(row, 0.5, 0.2):06.3f}*kW)", "1-0:2.7.0(00.000*kW)",
        f"1-0:32.7.0({wave(row, 230, 2):05.1f}*V)", "0-1:24.1.0(003)",
        f"0-1:24.2.1(240523101500S)({321.123 + row / 100:09.3f}*m3)", "!",
    ]  # fmt: skip
    telegram = b"\r\n".join(map(str.encode, lines))
    return telegram + b"%04X\r\n" % crc16(telegram)


def crc16(data: bytes) -> int:
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def sds011(row: int) -> bytes:
    body = struct.pack("<HH", round(wave(row, 120, 30)), round(wave(row, 240, 40))) + b"\xa1\x60"
    return b"\xaa\xc0" + body + bytes([sum(body) & 0xFF, 0xAB])


def pmsx003(row: int) -> bytes:
    counts = [round(wave(row, base, 3)) for base in (5, 8, 10, 5, 8, 10, 900, 270, 42, 6, 4, 4)]
    packet = b"BM" + struct.pack(">14H", 28, *counts, 0x9700)
    return packet + struct.pack(">H", sum(packet))


def cobs(data: bytes) -> bytes:
    return b"".join(bytes([len(run) + 1]) + run for run in data.split(b"\0")) + b"\0"


def slip(data: bytes) -> bytes:
    return data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def measured(row: int) -> bytes:
    return struct.pack("<Hhff", row, -row, wave(row, 20, 5), wave(row, 1000, 30))


def inputs() -> dict[str, bytes]:
    """Return all inputs by the name of their file."""
    rows = range(40)
    number = [b"%d\r\n" % wave(row, 512, 300) for row in rows]
    labels = [b"temp:%.2f,hum:%.1f\r\n" % (wave(row, 21, 3), wave(row, 45, 5)) for row in rows]
    csv = [b"%.2f,%.1f,%d\r\n" % (wave(row, 21, 3), wave(row, 45, 5), 100 + row) for row in rows]
    pairs = [b"temp=%.2f hum=%.1f state=%d\n" % (wave(row, 21, 3), wave(row, 45, 5), row % 2) for row in rows]
    units = [f"T: {wave(row, 21, 3):.1f} °C, H: {wave(row, 45, 5):.0f} %\r\n".encode() for row in rows]
    objects = [
        b'{"temp":%.2f,"imu":{"x":%.3f,"y":[1,%d]}}\n' % (wave(row, 21, 3), wave(row, 0, 1), row) for row in rows
    ]
    plot = [b">temp:%.2f\r\n>hum:%.1f\r\n" % (wave(row, 21, 3), wave(row, 45, 5)) for row in rows]
    stamped = [b">temp:%d:%.2f\n" % (1716459300000 + 100 * row, wave(row, 21, 3)) for row in rows]
    datagrams = [f"temp:{1716459300000 + 100 * row}:{wave(row, 21, 3):.2f}§°C|g\n".encode() for row in rows]
    nmea = gps(20)
    blocks = [vedirect(row) for row in range(10)]
    telegrams = [dsmr(row) for row in range(4)]
    sds = [sds011(row) for row in range(20)]
    pms = [pmsx003(row) for row in range(10)]
    join = b"".join
    text = {
        "arduino-one-number": join(number),
        "arduino-cut-first-line": join(number)[1:],
        "arduino-labels": join(labels),
        "arduino-labels-cut-first-line": join(labels)[3:],
        "arduino-labels-after-esp32-boot": ESP_BOOT + join(labels),
        "arduino-labels-after-sketch-boot": SKETCH_BOOT + join(labels),
        "arduino-labels-after-noise": noise(80) + b"\r\n" + join(labels),
        "arduino-labels-in-a-log": mixed(labels, 3),
        "arduino-labels-with-blanks": join(labels).replace(b":", b": ").replace(b",", b" "),
        "arduino-number-after-wifi": WIFI + join(number),
        "arduino-number-return-only": join(number).replace(b"\r\n", b"\r"),
        "arduino-number-in-a-log": mixed(number, 5),
        "csv-plain": join(csv),
        "csv-header": b"temp,hum,count\r\n" + join(csv),
        "csv-header-after-esp32-boot": ESP_BOOT + b"temp,hum,count\r\n" + join(csv),
        "csv-header-again-after-reset": (b"temp,hum,count\r\n" + join(csv[:15])) * 2,
        "csv-cut-first-line": join(csv)[4:],
        "csv-after-noise": noise(200) + b"\n" + join(csv),
        "csv-noise-joined-to-the-first-line": noise(33, 5) + join(csv),
        "csv-semicolons-decimal-comma": join(csv).replace(b",", b";").replace(b".", b","),
        "csv-serial-studio": ESP_BOOT + b"".join(b"/*" + line.strip() + b"*/\n" for line in csv),
        "csv-tabs": join(csv).replace(b",", b"\t"),
        "csv-blanks": join(csv).replace(b",", b" "),
        "csv-in-a-log": mixed(csv, 4),
        "csv-mostly-log": mixed(csv, 1),
        "csv-iso-times": join(b"2024-05-23T10:15:%02d,%.2f,%.1f\n" % (row, wave(row, 21, 3), row) for row in rows),
        "csv-millis": join(b"%d,%.2f,%.1f\r\n" % (5000 + 100 * row, wave(row, 21, 3), row) for row in rows),
        "csv-text-column": join(b"node%d,%.2f,%.1f\r\n" % (row % 3, wave(row, 21, 3), row) for row in rows),
        "csv-return-only": join(csv).replace(b"\r\n", b"\r"),
        "csv-line-ends-mixed": join(line.replace(b"\r", b"") if row % 3 else line for row, line in enumerate(csv)),
        "csv-blank-lines-between": join(csv).replace(b"\r\n", b"\r\n\r\n"),
        "csv-damaged-lines": join(b"\xff\x81" + line[5:] if row % 6 == 5 else line for row, line in enumerate(csv)),
        "keyvalue-equals": join(pairs),
        "keyvalue-equals-after-wifi": WIFI + join(pairs),
        "keyvalue-units": join(units),
        "keyvalue-units-cut-first-line": join(units)[2:],
        "keyvalue-units-after-noise": noise(120, 3) + b"\n" + join(units),
        "keyvalue-in-a-log": mixed(pairs, 3),
        "keyvalue-states": join(b"door=%s level=%d\n" % (b"open" if row % 4 else b"closed", row) for row in rows),
        "json-lines": join(objects),
        "json-without-line-ends": join(objects).replace(b"\n", b""),
        "json-cut-first-line": join(objects)[9:],
        "json-after-esp32-boot": ESP_BOOT + join(objects),
        "json-after-noise": noise(150, 4) + join(objects),
        "json-in-a-log": mixed(objects, 2),
        "json-behind-a-log-prefix": join(b"I (%d) app: " % (900 + row) + line for row, line in enumerate(objects)),
        "json-arrays": join(b"[%d,%.2f]\n" % (row, wave(row, 21, 3)) for row in rows),
        "json-changing-shape": join(b'{"%c":%d}\r\n' % (b"abc"[row % 3], row) for row in rows),
        "teleplot-two-variables": join(plot),
        "teleplot-stamped": join(stamped),
        "teleplot-cut-first-line": join(plot)[4:],
        "teleplot-after-esp32-boot": ESP_BOOT + join(plot),
        "teleplot-after-noise": noise(90, 6) + b"\n" + join(plot),
        "teleplot-in-a-log": mixed(plot, 2),
        "teleplot-datagrams": join(datagrams),
        "nmea-fix": join(nmea),
        "nmea-without-fix": join(gps(12, fix=False)),
        "nmea-cut-first-line": join(nmea)[17:],
        "nmea-after-noise": noise(300, 7) + join(nmea),
        "nmea-in-a-log": mixed(nmea, 3),
        "nmea-damaged-sentences": join(
            line.replace(b"7", b"8") if row % 5 == 4 else line for row, line in enumerate(nmea)
        ),
        "dsmr-telegrams": join(telegrams),
        "dsmr-cut-first-telegram": join(telegrams)[150:],
        "dsmr-line-feeds-only": join(telegrams).replace(b"\r\n", b"\n"),
        "dsmr-after-noise": noise(60, 8) + b"\r\n" + join(telegrams),
        "none-a-log": mixed([b"Waiting for a sensor on the bus...\r\n"] * 30, 2),
        "none-prose": b"The quick brown fox, as they say, jumps over the lazy dog!\r\n" * 20,
    }
    binary = {
        "vedirect-blocks": join(blocks),
        "vedirect-cut-first-block": join(blocks)[77:],
        "vedirect-after-noise": noise(50, 9) + join(blocks),
        "vedirect-damaged-block": join(blocks[:3]) + blocks[3].replace(b"12", b"13", 1) + join(blocks[4:]),
        "sds011-packets": join(sds),
        "sds011-cut-first-packet": join(sds)[6:],
        "sds011-after-noise": noise(70, 10) + join(sds),
        "pmsx003-packets": join(pms),
        "pmsx003-cut-first-packet": join(pms)[13:],
        "pmsx003-after-boot-text": SKETCH_BOOT + join(pms),
        "none-cobs": join(cobs(measured(row)) for row in range(100)),
        "none-slip": join(slip(measured(row)) for row in range(100)),
        "none-sync-word": join(b"\xa5\x5a" + measured(row) for row in range(100)),
        "none-random": random.Random(11).randbytes(6000),
        "none-wrong-baud-rate": noise(3000, 12),
    }
    return {f"{name}.txt": data for name, data in text.items()} | {f"{name}.bin": data for name, data in binary.items()}


def main() -> None:
    folder = Path(__file__).parents[1] / "decoders" / "corpus"
    for name, data in inputs().items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
