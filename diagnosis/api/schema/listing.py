"""Parameters, responses and examples of the list of studies."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiResponse

from diagnosis.api.listing import ListQuery
from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.schema.made import made
from diagnosis.api.serializers import StudyListSerializer

LIST: Final[dict[str, Any]] = {
    "operation_id": "study_list",
    "tags": ["studies"],
    "parameters": [ListQuery],
    "responses": {
        200: OpenApiResponse(
            StudyListSerializer,
            examples=[made("study_list", "The studies of one number", 200)],
        ),
        (400, MEDIA_TYPE): problem("A parameter is unknown or wrong; “errors” says what is expected."),
        **COMMON,
    },
}  # fmt: skip
