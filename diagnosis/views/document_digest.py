"""The SHA-256 of an uploaded document, of which nothing is kept: not in memory, not on disk."""

import hashlib
from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

MOST_BYTES: Final = 20 * 1024**2  # a report weighs a tenth of it


class DigestOnly(FileUploadHandler):
    """Hashes the upload as it arrives. sha256: of the first file that came whole, "" before."""

    sha256 = ""
    too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._digest, self._bytes = hashlib.sha256(), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._bytes += len(raw_data)
        if self._bytes > MOST_BYTES:
            self.too_large = True
            raise StopUpload(connection_reset=False)
        self._digest.update(raw_data)

    def file_complete(self, file_size: int) -> None:
        if self._bytes:
            self.sha256 = self.sha256 or self._digest.hexdigest()
