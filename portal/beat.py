"""The schedule of the portal's own errands, in memory: no full disk and no clock that jumps can stop it."""

import contextlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.beat import Scheduler

JUMP = 1.0  # seconds; slower corrections of the clock do no harm
LONGEST_SLEEP = 10.0  # seconds after which a jump is seen


class SteadyScheduler(Scheduler):
    """Celery's scheduler, which calls everything that is due once the clock was set, forward or back.

    Celery waits until the clock reaches the next time that it noted: a clock set back by a day would stop the
    sweeper for a day. Each call is harmless, so that nothing of the schedule is worth a file of its own; the
    file that beat names is only touched, as a sign of life.
    """

    def __init__(self, *arguments: Any, schedule_filename: str = "", **options: Any) -> None:
        self._sign_of_life = Path(schedule_filename) if schedule_filename else None
        self._offset = self._clock()
        super().__init__(*arguments, **options)

    def setup_schedule(self) -> None:
        """Read the schedule from the settings; whatever may have been missed before is due at once."""
        super().setup_schedule()
        self._everything_is_due()

    def _everything_is_due(self) -> None:
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now() - timedelta(days=1)
        self._heap = None

    @staticmethod
    def _clock() -> float:
        return time.time() - time.monotonic()

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Run one turn; if the clock was set since the last one, everything is due anew."""
        offset = self._clock()
        if abs(offset - self._offset) > JUMP:
            self._offset = offset
            self._everything_is_due()
        return min(float(super().tick(*arguments, **options)), LONGEST_SLEEP)

    def sync(self) -> None:
        """Touch the file that shows that beat is alive."""
        if self._sign_of_life is not None:
            with contextlib.suppress(OSError):
                self._sign_of_life.touch()
