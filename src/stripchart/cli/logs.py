"""How the command line logs: to standard error, in calm lines for people or as JSON for programs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from stripchart.config.secrets import redact_line


class PlainFormatter(logging.Formatter):
    """``12:03:04 bench: connected``; a traceback only when asked for."""

    def __init__(self, *, tracebacks: bool = False) -> None:
        super().__init__()
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, unless tracebacks are wanted."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        origin = "" if record.name.partition(".")[0] == "stripchart" else f"{record.name}: "
        line = f"{time} {origin}{redact_line(record.getMessage())}"
        if self._tracebacks and record.exc_info:
            line += "\n" + redact_line(self.formatException(record.exc_info))
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact_line(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = redact_line(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def log_to_stderr(*, as_json: bool = False, debug: bool = False) -> None:
    """Send what Stripchart tells, and the warnings of libraries, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else PlainFormatter(tracebacks=debug))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("stripchart").setLevel(logging.DEBUG if debug else logging.INFO)
