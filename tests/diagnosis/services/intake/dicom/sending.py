"""An X-ray machine of clinic A that sends films."""

import io
from typing import Any

from diagnosis.models import Door
from diagnosis.services.intake.dicom import receive_instance
from diagnosis.services.intake.outcome import InstanceOutcome, Origin
from tests.conftest import Cast
from tests.dicom_studies import dicom_film

MACHINE = "dicom:ROOM1"


def send(cast: Cast, content: bytes | None = None, *, name: str = "IM1", **more: Any) -> InstanceOutcome:
    origin = Origin(cast.clinic_a, MACHINE, Door.DICOM, more.pop("character_set", ""))
    film = io.BytesIO(dicom_film() if content is None else content)
    return receive_instance(origin=origin, film=film, name=name, **more)
