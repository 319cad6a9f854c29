"""What there is in the database while schemathesis asks, and how a request names it."""

import functools
import io
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from accounts.models import Clinic
from diagnosis.api.corrections import tag_of
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.models import Patient, Scan, Study
from diagnosis.services import studies
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import issued, sign
from tests.dicom_studies import dicom_film
from tests.films import analysed_scan, phantom_png, queued_scan, refuse

_AFTER_HEADER: Final = 33  # of a PNG: its signature and first chunk
_SIDE: Final = 128
_ON_RECORD: Final = 3  # the seed of the film of `to_review`


@functools.cache
def _small_png() -> bytes:
    buffer = io.BytesIO()
    draw_phantom(seed=0).resize((_SIDE, _SIDE)).save(buffer, "PNG")
    return buffer.getvalue()


def png_numbered(number: int) -> bytes:
    """A PNG that can be used; each number gives other bytes, and so another film."""
    content = b"tEXt" + b"Comment\0" + str(number).encode()
    chunk = (len(content) - 4).to_bytes(4) + content + zlib.crc32(content).to_bytes(4)
    png = _small_png()
    return png[:_AFTER_HEADER] + chunk + png[_AFTER_HEADER:]


def dicom_numbered(number: int) -> bytes:
    """A DICOM film that can be used; all are of one study of a patient of its own."""
    return dicom_film(number, PatientID="D-1", StudyInstanceUID="1.2.9")


def film_on_record() -> bytes:
    """The film of `to_review`."""
    return phantom_png(_ON_RECORD)


def film_of_another_person() -> bytes:
    """A DICOM film under the number of `reported`, with another name."""
    return dicom_film(StudyInstanceUID="1.2.3", PatientName="Other^Eva")


@dataclass
class Records:
    """A film in each state, of a patient each; `theirs` is another clinic's."""

    reported: Scan
    signed: Scan
    to_review: Scan
    waiting: Scan
    refused: Scan
    theirs: Scan
    turns: Counter[str] = field(default_factory=Counter)

    @property
    def corrected(self) -> list[Scan]:
        """Those that may be corrected: a correction would take the document of `reported` away."""
        return [self.signed, self.to_review, self.waiting, self.refused]

    def of(self, parameter: str, *, to_correct: bool) -> list[str]:
        """Every id that the parameter of an address may name; the last one is another clinic's."""
        films = [*([] if to_correct else [self.reported]), *self.corrected, self.theirs]
        if parameter == "prediction_id":
            films = [film for film in films if film.predictions.exists()]
        find = {
            "study_id": lambda film: film.study,
            "patient_id": lambda film: film.study.patient,
            "scan_id": lambda film: film,
            "prediction_id": lambda film: film.predictions.get(),
        }[parameter]
        return [str(find(film).public_id) for film in films]

    def turn(self, of: str) -> int:
        """How often this was asked for before."""
        self.turns[of] += 1
        return self.turns[of] - 1


def tag_now(name: str, public_id: str) -> str | None:
    """The ETag of the record that the parameter of an address names."""
    kind = {"study_id": Study, "patient_id": Patient}[name]
    row = kind.objects.filter(public_id=public_id).first()
    return tag_of(row) if row else None


def made(cast: Cast) -> Records:
    """A film in each state."""
    clinic, doctor = cast.clinic_a, cast.doctor

    def analysed(seed: int, of: Clinic = clinic) -> Scan:
        scan = analysed_scan(of, doctor if of == clinic else cast.stranger, number=f"P-{seed}", seed=seed)
        studies.update_study(study=scan.study, actor=scan.study.created_by, accession_number=f"ACC-{seed}")
        return scan

    reported, signed, to_review = analysed(1), analysed(2), analysed(_ON_RECORD)
    sign(reported, doctor, "covid19")
    sign(reported, cast.colleague, "normal")
    issued(reported.study, doctor)
    sign(signed, doctor)
    waiting = queued_scan(clinic, doctor, number="P-4", seed=4)
    refused = refuse(queued_scan(clinic, doctor, number="P-5", seed=5))
    return Records(reported, signed, to_review, waiting, refused, theirs=analysed(6, cast.clinic_b))
