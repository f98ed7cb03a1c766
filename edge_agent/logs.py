"""How the gateway program writes its log: plain lines for people, or one JSON object per line for machines."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Literal

LogFormat = Literal["plain", "json"]
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def start_logging(form: LogFormat, level: str) -> None:
    """Sends the log to stderr in this form."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(_JsonLine() if form == "json" else PlainLine())
    logging.basicConfig(level=level.upper(), handlers=[out], force=True)
    for noisy in ("mqtt", "pymodbus", "httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _moment(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


class PlainLine(logging.Formatter):
    """One line for people: time, level, message and facts."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{key}={value}" for key, value in _facts(record).items())
        line = f"{_moment(record)} {record.levelname:<8} {record.getMessage()} {facts}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"at": _moment(record), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({**line, "logger": record.name, **_facts(record)}, ensure_ascii=False, default=str)
