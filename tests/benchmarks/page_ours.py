"""Ours in bench_page. Usage: page_ours.py URL; prints its address."""

from __future__ import annotations

import sys
import threading

from stripchart import Monitor

if __name__ == "__main__":
    with Monitor(sys.argv[1], max_sessions=100) as monitor:
        print(monitor.url, flush=True)
        threading.Event().wait()
