"""Form, responses and examples for submitting a study."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.schema.made import made
from diagnosis.api.serializers import (
    NOTICE,
    HeldSubmissionSerializer,
    SubmissionFormSerializer,
    SubmittedSerializer,
)

_HELD: Final = {
    "name": "IM1", "outcome": "held", "code": "other_person", "id": None, "study": None,
    "message": "The film is kept but not filed yet: its patient number is on record for somebody else. "
    "A doctor or an administrator of the clinic settles it under “Films to settle”.",
    "held": "https://carina.example/reconcile/0d9c1f8e-6f0e-4a53-9d0b-3c6f0f7f4a11/",
}  # fmt: skip

SUBMIT: Final[dict[str, Any]] = {
    "operation_id": "study_submit",
    "tags": ["studies"],
    "request": {"multipart/form-data": SubmissionFormSerializer},
    "parameters": [
        OpenApiParameter(
            "Idempotency-Key",
            str,
            OpenApiParameter.HEADER,
            description="A text of your own, at most 200 characters, the same in every repeat of a request.",
            examples=[OpenApiExample("UUID", value="7f1f6f0c-1b6e-4a1b-9a53-2f3f6a1f0c77")],
        )
    ],
    "examples": [
        OpenApiExample(
            "One film",
            value={
                "patient_number": "P-1007", "patient_last_name": "Example",
                "patient_birth_date": "1961-04-23", "patient_sex": "female",
                "reason": "Cough and fever", "symptoms_onset": "2026-03-01",
                "pcr_result": "pending", "film": ["scan-1.jpg"],
            },
            request_only=True,
        ),
        OpenApiExample("A DICOM film", value={"film": ["IM1"], "urgent": True}, request_only=True),
    ],
    "responses": {
        201: OpenApiResponse(
            SubmittedSerializer,
            description="The study was created. Each film's outcome is listed; some may have been refused.",
            examples=[
                made("submitted", "One film kept, one refused", 201)
            ],
        ),
        200: OpenApiResponse(
            SubmittedSerializer,
            description="No study was created: all films are already on record in one study of this patient, "
            "or DICOM films were added to their study. It is returned.",
        ),
        202: OpenApiResponse(
            HeldSubmissionSerializer,
            description="DICOM films contradict the record: their number is on record for somebody else, or "
            "their study for another patient. They are kept, and a doctor or an administrator says whose "
            "they are; what you sent beside them is not kept. Do not send them again.",
            examples=[
                OpenApiExample(
                    "Another person under the number",
                    value={"state": "held", "films": [_HELD], "notice": NOTICE},
                    response_only=True,
                    status_codes=["202"],
                )
            ],
        ),
        (400, MEDIA_TYPE): problem(
            "A field is missing, unknown or wrong. Nothing was stored.",
            made("without_number", "Missing number", 400),
        ),
        (409, MEDIA_TYPE): problem(
            "What you typed is not what the number’s record says, a DICOM film says otherwise than the "
            "fields, or every film is on record elsewhere.",
            made("patient_mismatch", "Another patient", 409),
        ),
        (413, MEDIA_TYPE): problem("Too many files or fields in one request."),
        (415, MEDIA_TYPE): problem("The request is not multipart/form-data."),
        (422, MEDIA_TYPE): problem(
            "Every film was refused, DICOM films are of several studies, or the Idempotency-Key belongs to "
            "another request. Nothing was stored.",
            made("films_refused", "No usable film", 422),
        ),
        **COMMON,
    },
}  # fmt: skip
