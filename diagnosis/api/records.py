"""A study and a patient's record: read, and corrected by the services that the pages use."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.models import ApiToken
from accounts.sittings import computers_sitting
from diagnosis import access
from diagnosis.api import schema
from diagnosis.api.corrections import OneObjectParser, changed_meanwhile, checked, require_current, tag_of
from diagnosis.api.problems import Problem
from diagnosis.api.serializers import (
    PatientCorrectionSerializer,
    PatientSerializer,
    StudyCorrectionSerializer,
    StudySerializer,
)
from diagnosis.api.token_view import TokenView, token_of
from diagnosis.models import Patient, Study
from diagnosis.services import history, patients, studies
from diagnosis.services.corrections import Outdated


class StudyDetail(TokenView):
    """One study of the token's clinic."""

    parser_classes = (OneObjectParser,)

    @extend_schema(**schema.READ)
    def get(self, request: Request, study_id: Any) -> Response:
        """Read a study's state and, for each film, the network's result and the doctor's review.

        Ask again while `state` is `waiting`. `ETag` names the study as it is: send it with a correction.
        """
        return self._told(request, access.study_or_404(token_of(request), study_id))

    @extend_schema(**schema.CORRECT_STUDY)
    def patch(self, request: Request, study_id: Any) -> Response:
        """Correct what is known about a study: the fields that you send, and nothing else.

        `If-Match` holds the ETag of the study that you read: if a person, the network or another program
        changed it since, nothing is stored (412). The change is on record with the token's name.
        """
        token = token_of(request)
        study = access.study_or_404(token, study_id)
        require_current(request, tag_of(study))
        wanted = checked(request, StudyCorrectionSerializer, study, StudySerializer().fields)
        try:
            studies.update_study(
                study=study, actor=token, shown=_facts(study, StudyCorrectionSerializer), **wanted
            )
        except Outdated as outdated:
            raise changed_meanwhile() from outdated
        return self._told(request, access.study_or_404(token, study_id))

    def _told(self, request: Request, study: Study) -> Response:
        prefetch_related_objects(
            [study],
            "scans__predictions__model_version",
            "scans__predictions__limits",
            "scans__reviews__doctor",
        )
        history.study_viewed(study=study, reader=token_of(request), sitting=computers_sitting())
        told = StudySerializer(study, context={"request": request}).data
        return Response(told, headers={"ETag": tag_of(study)})


class PatientDetail(TokenView):
    """The record of one patient of the token's clinic."""

    parser_classes = (OneObjectParser,)

    @extend_schema(**schema.READ_PATIENT)
    def get(self, request: Request, patient_id: Any) -> Response:
        """Read who a patient is. `ETag` names the record as it is: send it with a correction."""
        return self._told(request, _patient_or_404(token_of(request), patient_id))

    @extend_schema(**schema.CORRECT_PATIENT)
    def patch(self, request: Request, patient_id: Any) -> Response:
        """Correct a patient's record: the fields that you send, and nothing else.

        `If-Match` holds the ETag of the record that you read: if it was changed since, nothing is stored
        (412). Two records of one person are never made one here: the clinic's administrator merges them.
        """
        token = token_of(request)
        patient = _patient_or_404(token, patient_id)
        require_current(request, tag_of(patient))
        wanted = checked(request, PatientCorrectionSerializer, patient, PatientSerializer().fields)
        try:
            patients.update_patient(
                patient=patient, actor=token, shown=_facts(patient, PatientCorrectionSerializer), **wanted
            )
        except Outdated as outdated:
            raise changed_meanwhile() from outdated
        except patients.NumberTaken as taken:
            raise Problem(
                409, "number_taken", "Another patient’s number", taken.message,
                errors={"number": ["Belongs to another patient."]},
            ) from taken  # fmt: skip
        except patients.RecordMerged as merged:
            raise Problem(409, "merged", "Merged into another record", merged.message) from merged
        return self._told(request, _patient_or_404(token, patient_id))

    def _told(self, request: Request, patient: Patient) -> Response:
        history.patient_viewed(patient=patient, reader=token_of(request), sitting=computers_sitting())
        told = PatientSerializer(patient, context={"request": request}).data
        return Response(told, headers={"ETag": tag_of(patient)})


def _patient_or_404(token: ApiToken, public_id: Any) -> Patient:
    found = access.patients_for(token).select_related("clinic", "merged_into").filter(public_id=public_id)
    patient = found.first()
    if patient is None:
        raise Http404
    return patient


def _facts(row: Study | Patient, kind: type[Serializer]) -> dict[str, Any]:
    """What the record said when its ETag was compared: the service looks again, under its lock."""
    return {name: getattr(row, name) for name in kind().fields.keys()}  # noqa: SIM118  # the stubs iterate over the fields
