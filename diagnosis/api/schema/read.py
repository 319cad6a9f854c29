"""Responses and examples for reading a study."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, FILM, STUDY, URL, problem
from diagnosis.api.serializers import NOTICE, StudySerializer

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
                        "id": STUDY, "url": URL, "state": "to_review", "patient_number": "P-1007",
                        "accession_number": "", "urgent": False, "taken_at": "2026-03-02T08:15:00Z",
                        "received_at": "2026-03-02T08:20:11Z", "changed_at": "2026-03-02T08:20:12Z",
                        "network_finding": "pneumonia",
                        "network_probability": 0.82, "network_triage": "pathological",
                        "network_standing": "here", "network_age_caution": None,
                        "doctor_finding": "",
                        "films": [{
                            "id": FILM, "name": "scan-1.jpg", "sha256": "9f86d081884c7d65…",
                            "status": "analysed", "code": "", "message": "", "is_phantom": False,
                            "received_at": "2026-03-02T08:20:11Z", "finished_at": "2026-03-02T08:20:12Z",
                            "prediction": {
                                "id": "c1a7e0a4-63a8-4a53-8a41-96a3e6c7a0de", "finding": "pneumonia",
                                "probabilities": {"covid19": 0.07, "pneumonia": 0.82, "normal": 0.11},
                                "triage": "pathological", "standing": "here",
                                "standing_text": "Limits of this clinic, agreed by Ann Lee and Bo Hale on "
                                "2 Feb 2026.",
                                "uncertainty": {
                                    "method": "3 looks: plain, mirrored, central 90 %", "averaged": False,
                                    "p_abnormal": [0.89, 0.84, 0.91], "low": 0.84, "high": 0.91,
                                    "spread": 0.03, "crosses_threshold": False, "unfamiliar": False,
                                    "few_grey_levels": False, "lungs_not_found": False,
                                },
                                "model": {"name": "example-network", "version": "1.0.0"},
                                "predicted_at": "2026-03-02T08:20:12Z",
                            },
                            "review": None, "amended": False, "superseded_reviews": [],
                        }],
                        "warnings": [],
                        "notice": NOTICE,
                    },
                    response_only=True,
                    status_codes=["200"],
                )
            ],
        ),
        (404, MEDIA_TYPE): problem("No such study in your clinic."),
        **COMMON,
    },
}  # fmt: skip
