"""Let a program ask for a document or a picture; the view answers with the file's own bytes."""

from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer


class _FileRenderer(BaseRenderer):
    """Renders problems alone, as JSON."""

    charset, render_style = None, "binary"

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        return JSONRenderer().render(data)


class PdfRenderer(_FileRenderer):
    media_type, format = "application/pdf", "pdf"


class JpegRenderer(_FileRenderer):
    media_type, format = "image/jpeg", "jpeg"


class PngRenderer(_FileRenderer):
    media_type, format = "image/png", "png"
