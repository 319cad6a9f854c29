"""Sends studies to archives, film by film, and tries again until the archive says that it has them.

`asking`: who asked for what; `courier`: takes one waiting film after the other; `dimse` and `stow`: how an
archive is spoken to; `files`: what of a film is sent. The row is the truth: a killed courier's film is put
back and sent again, which does no harm, for an archive knows a film by its identifier.
"""

from diagnosis.services.delivery.asking import NothingToSend, ask, retry
from diagnosis.services.delivery.courier import deliver_due, put_back_stopped
from diagnosis.services.delivery.trial import try_archive

__all__ = ["NothingToSend", "ask", "deliver_due", "put_back_stopped", "retry", "try_archive"]
