"""What the API's documentation says beyond the code: answers, headers and examples."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from diagnosis.api.problems import MEDIA_TYPE, TYPE_PREFIX
from diagnosis.api.serializers import (
    NOTICE,
    ProblemSerializer,
    StudySerializer,
    SubmissionFormSerializer,
    SubmittedSerializer,
)

_STUDY: Final = "0d9c1f8e-6f0e-4a53-9d0b-3c6f0f7f4a11"
_FILM: Final = "5b0f7a52-8f63-4f0a-b7d4-0e6a3c9c2f10"
_URL: Final = f"https://carina.example/api/v1/studies/{_STUDY}/"
_REFUSED: Final = {
    "name": "scan-2.png", "outcome": "refused", "code": "unsupported_format", "id": None, "study": None,
    "message": "The file is a PDF document, whatever its name says. "
    "Export the film as PNG or JPEG and send that file.",
}  # fmt: skip
_RECEIVED: Final = {
    "name": "scan-1.jpg", "outcome": "received", "code": "", "message": "", "id": _FILM, "study": _STUDY,
}  # fmt: skip


def _problem(text: str, *examples: OpenApiExample) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=text, examples=list(examples))


def _example(name: str, status: int, code: str, title: str, detail: str, **more: Any) -> OpenApiExample:
    kind = TYPE_PREFIX + code if code else "about:blank"
    value = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


_COMMON: Final = {
    (401, MEDIA_TYPE): _problem(
        "No token, or one that is unknown or revoked.",
        _example(
            "Revoked token", 401, "", "Unauthorized",
            "This token is unknown or was revoked. The clinic's administrator can make a new one.",
        ),
    ),
    (429, MEDIA_TYPE): _problem(
        "Too many requests; `Retry-After` says for how many seconds.",
        _example(
            "Throttled", 429, "", "Too Many Requests",
            "Request was throttled. Expected available in 4 seconds.",
        ),
    ),
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
    ],
    "responses": {
        201: OpenApiResponse(
            SubmittedSerializer,
            description="The study was made. Each film's outcome is listed; some may have been refused.",
            examples=[
                OpenApiExample(
                    "One film kept, one refused",
                    value={
                        "id": _STUDY, "url": _URL, "state": "waiting",
                        "films": [_RECEIVED, _REFUSED], "notice": NOTICE,
                    },
                    response_only=True,
                    status_codes=["201"],
                )
            ],
        ),
        200: OpenApiResponse(
            SubmittedSerializer,
            description="All films are on record already, in one study of this patient, which is the answer.",
        ),
        (400, MEDIA_TYPE): _problem(
            "A field is missing, unknown or wrong. Nothing was stored.",
            _example(
                "Missing number", 400, "invalid", "Some fields are missing or wrong",
                "Nothing was stored. Correct the fields named in “errors” and send the request again.",
                errors={"patient_number": ["This field is required."]},
            ),
        ),
        (409, MEDIA_TYPE): _problem(
            "The number is on record with other facts, or every film is on record elsewhere.",
            _example(
                "Another patient", 409, "patient_mismatch", "Another patient has this number",
                "Patient number P-1007 is on record with a different birth date. Nothing was changed. "
                "Check the number; if it is right, correct the patient's record first.",
                errors={"patient_birth_date": ["Differs from the record."]},
            ),
        ),
        (413, MEDIA_TYPE): _problem("Too many files or fields in one request."),
        (415, MEDIA_TYPE): _problem("The request is not multipart/form-data."),
        (422, MEDIA_TYPE): _problem(
            "Every film was refused, or the Idempotency-Key belongs to another request. Nothing was stored.",
            _example(
                "No usable film", 422, "films_refused", "No usable film",
                "Every film was refused; “films” says why. Nothing was stored.", films=[_REFUSED],
            ),
        ),
        **_COMMON,
    },
}  # fmt: skip

READ: Final[dict[str, Any]] = {
    "operation_id": "study_read",
    "tags": ["studies"],
    "responses": {
        200: OpenApiResponse(
            StudySerializer,
            examples=[
                OpenApiExample(
                    "Analysed, waiting for a doctor",
                    value={
                        "id": _STUDY, "url": _URL, "state": "to_review", "patient_number": "P-1007",
                        "accession_number": "", "urgent": False, "taken_at": "2026-03-02T08:15:00Z",
                        "received_at": "2026-03-02T08:20:11Z", "network_finding": "pneumonia",
                        "network_probability": 0.82, "network_triage": "pathological", "doctor_finding": "",
                        "films": [{
                            "id": _FILM, "name": "scan-1.jpg", "sha256": "9f86d081884c7d65…",
                            "status": "analysed", "code": "", "message": "", "is_phantom": False,
                            "received_at": "2026-03-02T08:20:11Z", "finished_at": "2026-03-02T08:20:12Z",
                            "prediction": {
                                "id": "c1a7e0a4-63a8-4a53-8a41-96a3e6c7a0de", "finding": "pneumonia",
                                "probabilities": {"covid19": 0.07, "pneumonia": 0.82, "normal": 0.11},
                                "triage": "pathological",
                                "uncertainty": {
                                    "method": "3 looks: plain, mirrored, central 90 %", "averaged": False,
                                    "p_abnormal": [0.89, 0.84, 0.91], "low": 0.84, "high": 0.91,
                                    "spread": 0.03, "crosses_threshold": False, "unfamiliar": False,
                                },
                                "model": {"name": "example-network", "version": "1.0.0"},
                                "predicted_at": "2026-03-02T08:20:12Z",
                            },
                            "review": None,
                        }],
                        "notice": NOTICE,
                    },
                    response_only=True,
                    status_codes=["200"],
                )
            ],
        ),
        (404, MEDIA_TYPE): _problem("No such study in your clinic."),
        **_COMMON,
    },
}  # fmt: skip
