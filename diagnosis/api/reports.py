"""The report of a study as a document, for a clinic's computer."""

from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import public_address
from diagnosis import access
from diagnosis.api.problems import MEDIA_TYPE, Problem
from diagnosis.api.renderers import PdfRenderer
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.token_view import TokenView, token_of
from diagnosis.models import ReportState
from diagnosis.services import report

WAIT_SECONDS: Final = 3


class BeingMadeSerializer(serializers.Serializer):
    """A document that is not ready yet."""

    state = serializers.CharField(help_text="`waiting` or `working`.")
    message = serializers.CharField()


ANSWERS: Final[dict[Any, Any]] = {
    (200, "application/pdf"): OpenApiTypes.BINARY,
    (202, "application/json"): OpenApiResponse(
        BeingMadeSerializer, description="Being made: ask again soon."
    ),
    (404, MEDIA_TYPE): problem("No such study in your clinic."),
    (409, MEDIA_TYPE): problem("The study is not signed, or its document could not be made."),
    **COMMON,
}
READ: Final[dict[str, Any]] = {"operation_id": "study_report", "tags": ["studies"], "responses": ANSWERS}


class StudyReport(TokenView):
    """The report of one signed study of the token's clinic."""

    renderer_classes = (JSONRenderer, PdfRenderer)

    @extend_schema(**READ)
    def get(self, request: Request, study_id: Any) -> Response | HttpResponse:
        """Fetch a signed study's report as a PDF.

        The first request for it has it made (202): ask again after `Retry-After` seconds. A correction makes
        a new document, which says AMENDED and names the one it replaces. `X-Document-Code` is what the page
        “Check a report” asks for, `X-Document-SHA256` the document's hash in the audit trail.
        """
        token = token_of(request)
        study = access.study_or_404(token, study_id)
        try:
            found = report.issue(
                study=study,
                actor=token,
                address=lambda code: public_address(request, reverse("verify_code", args=[code])),
            )
            if found.state in (ReportState.WAITING, ReportState.WORKING):
                words = f"The document is being made. Ask again in {WAIT_SECONDS} seconds."
                body = {"state": found.state, "message": words}
                headers = {"Retry-After": str(WAIT_SECONDS)}
                # said here, since whoever accepts a PDF alone is answered in JSON too
                return Response(body, status=202, headers=headers, content_type=JSONRenderer.media_type)
            if found.state == ReportState.FAILED:
                raise report.Gone(f"{found.reason} A person can have it made again on its page.")
            content = report.fetched(report=found, reader=token)
        except report.NotSigned as why:
            raise Problem(409, "not_signed", "Not signed", str(why)) from why
        except report.Gone as why:
            raise Problem(409, "report_failed", "No document", str(why)) from why
        name = f'attachment; filename="report-{found.code}.pdf"'
        headers = {
            "Content-Disposition": name,
            "X-Document-Code": found.code,
            "X-Document-SHA256": found.sha256,
        }
        return HttpResponse(content, content_type="application/pdf", headers=headers)
