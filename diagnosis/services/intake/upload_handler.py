"""Receives uploaded files so that one over the size limit never fills the disk."""

import contextlib
from typing import Any, Final

from django.conf import settings
from django.core.files.temp import NamedTemporaryFile
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from diagnosis.imaging.refusal import FilmRefused
from diagnosis.services import storage
from diagnosis.services.intake import films

ZIP: Final = b"PK\x03\x04"


class FilmUpload(TemporaryUploadedFile):
    """An upload in a temporary file. `refusal`: why its bytes were not kept; `size`: the bytes sent."""

    refusal: FilmRefused | None = None

    def __init__(
        self, name: str, content_type: str, size: int, charset: str | None, extra: Any = None
    ) -> None:
        # Without the sender's extension, which may be longer than a file name can be.
        file = NamedTemporaryFile(suffix=".upload", dir=settings.FILE_UPLOAD_TEMP_DIR)
        super(TemporaryUploadedFile, self).__init__(file, name, content_type, size, charset, extra)


class FilmUploadHandler(TemporaryFileUploadHandler):
    """Keeps each file up to MAX_FILM_BYTES and drops the bytes of longer ones, file by file.

    A ZIP may be as long as a request may: each film in it has its limit when it is taken out. The
    other files of the same request are kept; intake then refuses the dropped one.
    """

    file: FilmUpload
    most: int

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super(TemporaryFileUploadHandler, self).new_file(*args, **kwargs)
        self.most = settings.MAX_FILM_BYTES
        self.file = FilmUpload(
            self.file_name or "", self.content_type or "", 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.file.refusal is not None:
            return
        if start == 0 and raw_data.startswith(ZIP):
            self.most = settings.MAX_REQUEST_BYTES  # several films: each has its limit when it is taken out
        if start + len(raw_data) > self.most:
            self._drop(films.too_many_bytes())
            return
        try:
            self.file.write(raw_data)
        except OSError:
            self._drop(storage.no_room())

    def _drop(self, refusal: FilmRefused) -> None:
        self.file.refusal = refusal
        with contextlib.suppress(
            OSError
        ):  # on a full disk even this may fail; the file goes with the request
            self.file.seek(0)
            self.file.truncate()
