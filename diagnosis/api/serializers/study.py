"""The format of a study with its films, their results and reviews."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.addresses import public_address
from diagnosis.api.serializers.fields import BirthField
from diagnosis.api.serializers.prediction import AGE_CAUTION, FoundSerializer, PredictionSerializer
from diagnosis.api.serializers.submission import WarningSerializer
from diagnosis.imaging import marks
from diagnosis.models import (
    Decision,
    Finding,
    FurtherFinding,
    PcrResult,
    Review,
    Scan,
    ScanStatus,
    Side,
    Standing,
    Study,
    StudyState,
    Triage,
)
from diagnosis.services import cautions, check_words, doubts, results

NOTICE = "Research use only. Not a medical device. A network's output is not a diagnosis."


class FurtherSerializer(serializers.Serializer):
    """What was ticked beside the finding."""

    code = serializers.ChoiceField(choices=FurtherFinding.choices)
    side = serializers.ChoiceField(choices=Side.choices, allow_blank=True)
    text = serializers.CharField(help_text="What `other` stands for; else empty.")


class AnnotationSerializer(serializers.Serializer):
    """A mark or measurement on the film."""

    kind = serializers.ChoiceField(choices=sorted(marks.POINTS))
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="Each as parts of the picture's width and height, from its upper left corner.",
    )
    text = serializers.CharField()
    value = serializers.FloatField(required=False, help_text="Of a length, an angle or a ratio.")
    unit = serializers.CharField(required=False, help_text="`mm`, `px`, `°`, or empty for a ratio.")
    corrections = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="What was put right in the picture that it was drawn on; absent: nothing. It lies wrongly "
        "on a picture that is turned otherwise.",
    )


class ReviewSerializer(serializers.Serializer):
    """What a doctor decided about a prediction."""

    prediction = serializers.UUIDField(
        source="prediction.public_id",
        allow_null=True,
        help_text="What was reviewed; another result if this is not the id of the film's prediction. Null "
        "where the doctor read the film without a network's result (`decision` is then `read`).",
    )
    decision = serializers.ChoiceField(
        choices=Decision.choices,
        help_text="`read`: the doctor named the finding, because the network had told none: no result, or no "
        "limits that count.",
    )
    finding = serializers.ChoiceField(choices=Finding.choices, allow_blank=True)
    reason = serializers.CharField()
    note = serializers.CharField()
    further = FurtherSerializer(many=True, help_text="Further findings.")
    zones = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Grades 0 to 3 of the lung zones: A, B, C right upper, middle, lower; D, E, F left.",
    )
    brixia = serializers.IntegerField(allow_null=True, help_text="0 to 18; null unless all six are graded.")
    six_zone = serializers.IntegerField(allow_null=True, help_text="0 to 6; null unless all six are graded.")
    annotations = AnnotationSerializer(many=True)
    signature = serializers.UUIDField(
        allow_null=True, help_text="Shared by films that were signed in one act."
    )
    doctor = serializers.CharField(source="signed_name", help_text="The name on the day of signing.")
    licence = serializers.CharField(source="signed_licence", help_text="The licence number of that day.")
    doctor_now = serializers.CharField(source="doctor", help_text="The same person's name today.")
    signed_at = serializers.DateTimeField(help_text="When it was pressed.")
    final_at = serializers.DateTimeField(
        allow_null=True, help_text="When it could not be taken back any more; null where that was at once."
    )


class RefusalSerializer(serializers.Serializer):
    """Why the network did not read a film, and what to do. A doctor can read and sign it all the same."""

    code = serializers.CharField(help_text="For example `lateral`.")
    title = serializers.CharField(help_text="The reason in a few words.")
    message = serializers.CharField(help_text="The reason in a sentence.")
    advice = serializers.CharField(help_text="What to do; empty where the message says it.")
    confidence = serializers.FloatField(allow_null=True, help_text="Of the checks, 0 to 1, where measured.")
    appealed = serializers.BooleanField(help_text="Whether somebody says that it is a frontal chest film.")


class FilmSerializer(serializers.Serializer):
    """A film and the state of its analysis."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="original_name")
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(choices=ScanStatus.choices)
    code = serializers.CharField(source="reason_code", help_text="Why it was refused or failed; else empty.")
    message = serializers.CharField(source="reason", help_text="The same in words; else empty.")
    refusal = serializers.SerializerMethodField(help_text="Null unless `status` is `refused`.")
    correction_undone = serializers.SerializerMethodField(
        help_text="Whether somebody undid a correction: no answer about the corrected film is told."
    )
    display = serializers.SerializerMethodField(help_text="Its picture; null while there is none.")
    is_phantom = serializers.BooleanField(help_text="Drawn by code for a demonstration; no person's chest.")
    received_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    prediction = serializers.SerializerMethodField(
        help_text="Once the film is analysed: the active network's, or the newest if that has not read it."
    )
    review = serializers.SerializerMethodField(help_text="The newest one, if a doctor has signed one.")
    amended = serializers.SerializerMethodField(
        help_text="Whether that review replaces an earlier one: what was read before does not count any more."
    )
    superseded_reviews = serializers.SerializerMethodField(help_text="Those it replaces, newest first.")

    @extend_schema_field(RefusalSerializer(allow_null=True))
    def get_refusal(self, scan: Scan) -> dict[str, Any] | None:
        if scan.status != ScanStatus.REFUSED:
            return None
        return {
            "code": scan.reason_code,
            "title": check_words.refusal(scan.reason_code),
            "message": scan.reason,
            "advice": check_words.advice(scan.reason_code),
            "confidence": scan.reason_confidence,
            "appealed": scan.appealed_at is not None,
        }

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_display(self, scan: Scan) -> str | None:
        path = reverse("api_film_display", args=[scan.public_id])
        return public_address(self.context["request"], path) if scan.display else None

    def get_correction_undone(self, scan: Scan) -> bool:
        return scan.correction_undone_at is not None

    @extend_schema_field(PredictionSerializer(allow_null=True))
    def get_prediction(self, scan: Scan) -> dict[str, Any] | None:
        shown = results.current(scan)
        return dict(PredictionSerializer(shown, context=self.context).data) if shown else None

    @extend_schema_field(ReviewSerializer(allow_null=True))
    def get_review(self, scan: Scan) -> dict[str, Any] | None:
        newest: Review | None = max(scan.reviews.all(), key=lambda row: row.pk, default=None)
        return dict(ReviewSerializer(newest).data) if newest else None

    def get_amended(self, scan: Scan) -> bool:
        return len(scan.reviews.all()) > 1

    @extend_schema_field(ReviewSerializer(many=True))
    def get_superseded_reviews(self, scan: Scan) -> list[dict[str, Any]]:
        older = sorted(scan.reviews.all(), key=lambda row: -row.pk)[1:]
        return [dict(ReviewSerializer(review).data) for review in older]


class StudySummarySerializer(serializers.Serializer):
    """A study without its films. The findings are those of its most abnormal film."""

    id = serializers.UUIDField(source="public_id")
    url = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=StudyState.choices)
    patient_number = serializers.CharField(source="patient.number")
    patient_birth_date = BirthField(
        source="patient.birth_date", allow_null=True, help_text="As far as it is known: `YYYY` at least."
    )
    patient_birth_estimated = serializers.BooleanField(source="patient.birth_estimated")
    accession_number = serializers.CharField()
    urgent = serializers.BooleanField()
    taken_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(source="created_at")
    changed_at = serializers.DateTimeField(
        help_text="When a film, result, review or fact of it or of its patient last changed."
    )
    network_finding = serializers.ChoiceField(
        choices=Finding.choices,
        allow_blank=True,
        help_text="Empty without a result, and where no limits count (`network_standing`).",
    )
    network_probability = serializers.FloatField(allow_null=True, help_text="Of that finding, 0 to 1.")
    network_triage = serializers.ChoiceField(choices=Triage.choices, allow_blank=True)
    network_standing = serializers.ChoiceField(
        choices=Standing.choices,
        allow_blank=True,
        help_text="What the triage is worth: see `standing` of a film’s prediction.",
    )
    network_age_caution = serializers.SerializerMethodField(help_text=AGE_CAUTION)
    doctor_finding = serializers.ChoiceField(choices=Finding.choices, allow_blank=True)

    @extend_schema_field(FoundSerializer(allow_null=True))
    def get_network_age_caution(self, study: Study) -> dict[str, str] | None:
        told = cautions.of_age(study)
        return {"code": told.code, "message": told.text} if told else None

    @extend_schema_field(serializers.URLField())
    def get_url(self, study: Study) -> str:
        path = reverse("api_study_detail", args=[study.public_id])
        return public_address(self.context["request"], path)


class StudyListSerializer(serializers.Serializer):
    """A page of studies, those that changed longest ago first."""

    studies = StudySummarySerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last.")
    resume_from = serializers.DateTimeField(
        help_text="Send it as `changed_since` when you ask again: a minute before you asked for the first "
        "page, so that what was just being written is not missed. The same on every page."
    )


class StudySerializer(StudySummarySerializer):
    """A study with its films. The findings are those of its most abnormal film."""

    patient_url = serializers.SerializerMethodField(help_text="The patient’s record.")
    reason = serializers.CharField(help_text="Of the examination.")
    symptoms = serializers.CharField()
    symptoms_onset = serializers.DateField(allow_null=True)
    pcr_result = serializers.ChoiceField(choices=PcrResult.choices)
    films = FilmSerializer(many=True, source="scans.all")
    warnings = serializers.SerializerMethodField(help_text="For a person to check; empty in most cases.")
    notice = serializers.SerializerMethodField()

    @extend_schema_field(serializers.URLField())
    def get_patient_url(self, study: Study) -> str:
        path = reverse("api_patient_detail", args=[study.patient.public_id])
        return public_address(self.context["request"], path)

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, study: Study) -> list[dict[str, str]]:
        return [{"code": doubt.code, "message": doubt.text} for doubt in doubts.about_study(study)]

    def get_notice(self, study: Study) -> str:
        return NOTICE
