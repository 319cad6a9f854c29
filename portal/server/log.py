"""gunicorn's log in the portal's form."""

from typing import Any

from gunicorn.glogging import Logger

from portal import logs


class Log(Logger):
    """Errors and requests, written as portal/logs.py says."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log, style in ((self.error_log, self.error_fmt), (self.access_log, self.access_fmt)):
            for handler in log.handlers:
                handler.setFormatter(logs.Line(style, self.datefmt))

    def atoms(self, *arguments: Any) -> dict[str, Any]:
        return logs.access(super().atoms(*arguments))
