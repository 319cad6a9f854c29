"""A name that is burnt into a film does not leave with it, whichever door the film came by."""

import io
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread

from diagnosis.models import Scan
from diagnosis.services.export import films
from tests.conftest import Cast
from tests.films import keep, phantom_png, queued_scan


@pytest.mark.slow
def test_a_name_on_a_png_is_black_in_the_film_that_leaves(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    before = Image.open(io.BytesIO(phantom_png(0))).convert("L").crop((0, 40, 512, 470))
    named = before.copy()
    ImageDraw.Draw(named).text((40, 200), "MEIER, ANNA 12.03.61", fill=255, font=ImageFont.load_default(24))
    file = io.BytesIO()
    named.save(file, "PNG")
    keep(scan.original, file.getvalue())
    Scan.objects.filter(pk=scan.pk).update(width=named.width, height=named.height)
    scan.refresh_from_db()
    (left,) = films.cleaned([scan], key=films.new_key(), sex_and_age=False)
    assert "line" in left.words
    assert left.content is not None
    pixels = dcmread(io.BytesIO(left.content)).pixel_array
    letters = np.asarray(named).astype(int) - np.asarray(before) > 20
    assert (pixels[letters] == pixels.min()).mean() > 0.98
    original = Path(settings.DATA_DIR) / scan.original
    assert original.read_bytes() == file.getvalue(), "who may see the film sees it as it came"
