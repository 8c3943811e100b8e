"""The composition root: builds, starts and stops everything.

>>> import stripchart
>>> monitor = stripchart.Monitor("sim:").start()       # returns at once           # doctest: +SKIP
>>> monitor.url                                                                     # doctest: +SKIP
'http://127.0.0.1:40123/'
>>> monitor.frame("sim")["temperature"][-1]                                         # doctest: +SKIP
21.4
"""

from stripchart.config.recording import RecordSpec
from stripchart.config.spec import SourceLike, SourceSpec, source
from stripchart.monitor.monitor import Monitor

__all__ = ["Monitor", "RecordSpec", "SourceLike", "SourceSpec", "source"]
