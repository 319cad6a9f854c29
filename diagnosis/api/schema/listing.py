"""Parameters, responses and examples of the list of studies."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from diagnosis.api.listing import ListQuery
from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, STUDY, URL, problem
from diagnosis.api.serializers import StudyListSerializer

LIST: Final[dict[str, Any]] = {
    "operation_id": "study_list",
    "tags": ["studies"],
    "parameters": [ListQuery],
    "responses": {
        200: OpenApiResponse(
            StudyListSerializer,
            examples=[
                OpenApiExample(
                    "One study of this accession number",
                    value={
                        "studies": [{
                            "id": STUDY, "url": URL, "state": "to_review", "patient_number": "P-1007",
                            "accession_number": "ACC-9", "urgent": False,
                            "taken_at": "2026-03-02T08:15:00Z", "received_at": "2026-03-02T08:20:11Z",
                            "changed_at": "2026-03-02T08:20:12Z", "network_finding": "pneumonia",
                            "network_probability": 0.82, "network_triage": "pathological",
                            "network_standing": "here", "network_age_caution": None,
                            "doctor_finding": "",
                        }],
                        "next": None,
                    },
                    response_only=True,
                    status_codes=["200"],
                )
            ],
        ),
        (400, MEDIA_TYPE): problem("A parameter is unknown or wrong; “errors” says what is expected."),
        **COMMON,
    },
}  # fmt: skip
