"""Parameters and responses of corrections, and of a patient's record."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.schema.made import made
from diagnosis.api.serializers import (
    PatientCorrectionSerializer,
    PatientSerializer,
    StudyCorrectionSerializer,
    StudySerializer,
)

_SEEN: Final = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^"[!#-~]*"$'},
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the record as you read it.",
    examples=[OpenApiExample("As it was read", value='"9f2c4b1e07d85a36c1e4f0b7a2d96358"')],
)
TAG: Final = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200], description="Names the record as it is."
)
_REFUSED: Final[dict[Any, Any]] = {
    (400, MEDIA_TYPE): problem(
        "A field is unknown, not to be changed here, or wrong. Nothing was stored.",
        made("not_changeable", "Fields that cannot be changed", 400),
    ),
    (412, MEDIA_TYPE): problem(
        "Changed meanwhile: read it again. Nothing was stored.",
        made("changed_meanwhile", "Changed meanwhile", 412),
    ),
    (413, MEDIA_TYPE): problem("More than 64 kB."),
    (415, MEDIA_TYPE): problem("The request is not application/json."),
    (428, MEDIA_TYPE): problem("`If-Match` is missing. Nothing was stored."),
}

CORRECT_STUDY: Final[dict[str, Any]] = {
    "operation_id": "study_correct",
    "tags": ["studies"],
    "parameters": [_SEEN, TAG],
    "request": StudyCorrectionSerializer,
    "responses": {
        200: StudySerializer,
        **_REFUSED,
        (404, MEDIA_TYPE): problem("No such study in your clinic."),
        **COMMON,
    },
}
READ_PATIENT: Final[dict[str, Any]] = {
    "operation_id": "patient_read",
    "tags": ["patients"],
    "parameters": [TAG],
    "responses": {
        200: OpenApiResponse(PatientSerializer, examples=[made("patient", "A patient", 200)]),
        (404, MEDIA_TYPE): problem("No such patient in your clinic."),
        **COMMON,
    },
}
CORRECT_PATIENT: Final[dict[str, Any]] = {
    "operation_id": "patient_correct",
    "tags": ["patients"],
    "parameters": [_SEEN, TAG],
    "request": PatientCorrectionSerializer,
    "responses": {
        200: PatientSerializer,
        **_REFUSED,
        (404, MEDIA_TYPE): problem("No such patient in your clinic."),
        (409, MEDIA_TYPE): problem("Another patient has the number, or the record was merged into another."),
        **COMMON,
    },
}
