"""Responses and examples for reading a study."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiResponse

from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.schema.correct import TAG
from diagnosis.api.schema.made import made
from diagnosis.api.serializers import StudySerializer

READ: Final[dict[str, Any]] = {
    "operation_id": "study_read",
    "tags": ["studies"],
    "parameters": [TAG],
    "responses": {
        200: OpenApiResponse(
            StudySerializer,
            examples=[made("study", "Analysed, waiting for a doctor", 200)],
        ),
        (404, MEDIA_TYPE): problem("No such study in your clinic."),
        **COMMON,
    },
}  # fmt: skip
