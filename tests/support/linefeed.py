"""Write CSV lines to a descriptor at a steady rate, from a process of its own.

Usage: linefeed.py FD RATE COUNT; each line holds its number and a slow sine.
"""

from __future__ import annotations

import math
import os
import sys
import time


def main(descriptor: int, rate: float, count: int) -> None:
    start = time.monotonic()
    done = 0
    while done < count:
        due = min(count, int((time.monotonic() - start) * rate))
        lines = "".join(f"{row},{math.sin(row / rate):.5f}\r\n" for row in range(done, due)).encode()
        while lines:
            lines = lines[os.write(descriptor, lines) :]
        done = due
        time.sleep(0.005)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
