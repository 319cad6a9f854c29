"""Receives uploaded files so that one over the size limit never fills the disk."""

import contextlib
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from diagnosis.imaging.refusal import FilmRefused
from diagnosis.services import storage
from diagnosis.services.arriving import arriving_file
from diagnosis.services.intake import films

ZIP: Final = b"PK\x03\x04"


class FilmUpload(UploadedFile):
    """An upload that can become the original. `refusal`: why its bytes were not kept; `size`: those sent."""

    refusal: FilmRefused | None = None

    def __init__(
        self, name: str, content_type: str, size: int, charset: str | None, extra: Any = None
    ) -> None:
        super().__init__(arriving_file(), name, content_type, size, charset, extra)


class FilmUploadHandler(FileUploadHandler):
    """Keeps each file up to MAX_FILM_BYTES and drops the bytes of longer ones, file by file.

    A ZIP may be as long as a request may: each film in it has its limit when it is taken out. The
    other files of the same request are kept; intake then refuses the dropped one.
    """

    file: FilmUpload
    most: int

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
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

    def file_complete(self, file_size: int) -> FilmUpload:
        try:
            self.file.seek(0)
        except OSError:  # the last bytes found no room
            self._drop(storage.no_room())
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()

    def _drop(self, refusal: FilmRefused) -> None:
        self.file.refusal = refusal
        with contextlib.suppress(
            OSError
        ):  # on a full disk even this may fail; the file goes with the request
            self.file.seek(0)
            self.file.truncate()
