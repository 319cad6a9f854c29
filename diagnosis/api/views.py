"""The API: a clinic's computer submits studies and reads their results."""

import difflib
import functools
from collections.abc import Callable
from typing import Any, NoReturn, cast

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.addresses import public_address
from accounts.sittings import computers_sitting
from diagnosis import access
from diagnosis.api import held, listing, schema
from diagnosis.api.problems import Problem, Unavailable
from diagnosis.api.serializers import NOTICE, StudyListSerializer, SubmissionSerializer
from diagnosis.api.token_view import TokenView, token_of
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import Door
from diagnosis.services import history
from diagnosis.services.filing import Contradiction
from diagnosis.services.intake import agreement, submission
from diagnosis.services.intake.agreement import SeveralStudies, TypedContradicts
from diagnosis.services.intake.door import NO_ROOM, takes_films
from diagnosis.services.intake.holding import submit_or_hold
from diagnosis.services.intake.outcome import InstanceOutcome
from diagnosis.services.patients import PatientFacts, PatientMismatch
from diagnosis.services.senders import character_set_of
from diagnosis.services.studies import StudyFacts

KEY_LENGTH = 200


@takes_films
class StudyList(TokenView):
    """The endpoint that takes studies and lists them."""

    parser_classes = (MultiPartParser,)

    @extend_schema(**schema.LIST)
    def get(self, request: Request) -> Response:
        """List your clinic's studies, those that changed longest ago first.

        Look one up by accession or patient number when an answer was lost, or ask what changed since you
        asked last: send `resume_from` of the answer as `changed_since`. A study that changes while you read
        the pages is listed again, as it is then; none is left out. Numbers are compared as people read them,
        whatever their case or kind of dash.
        """
        token = token_of(request)
        query = listing.asked(request.GET)
        page = listing.page_of(access.studies_for(token), token.clinic, query, request.GET)
        history.listed(
            place="api studies",
            rows=[row for study in page.studies for row in (study.patient, study)],
            reader=token,
            sitting=computers_sitting(),
        )
        here = public_address(request, request.path)
        following = f"{here}?{page.next}" if page.next else None
        body = {"studies": page.studies, "next": following, "resume_from": page.resume_from}
        return Response(StudyListSerializer(body, context={"request": request}).data)

    @extend_schema(**schema.SUBMIT)
    def post(self, request: Request) -> Response:
        """Submit a study: one patient, one examination, one or more films.

        The patient is found by number or created. A number on record with a different name, birth date or
        sex is refused (409); nothing is ever merged or overwritten. A birth date may be a year, or year and
        month, and an estimate: what fits the record is no difference, and completes it. Films are checked
        one by one: those that cannot be used are listed with the reason, the others are kept. A repeat with
        the same `Idempotency-Key` and content returns the first response and stores nothing.

        DICOM films say themselves whose they are: leave out what their header says. What you send all the
        same must agree with it (409). They keep their Study Instance UID, and further films of a study on
        record are added to it (200). Films whose headers contradict the record, such as another person under
        the same number, are kept until a doctor or an administrator says whose they are (202). All films of
        a request are of one study (422); to send several, use the page “New study” with a ZIP, or DICOMweb.
        """
        token = token_of(request)
        key = _idempotency_key(request)
        fields = _checked_fields(request)
        films = [(film, film.name or "") for film in request.FILES.getlist("film")]
        if not films:
            raise ValidationError(
                {"film": ["Send at least one PNG, JPEG or DICOM file in a field named “film”."]}
            )
        names = PatientFacts.__annotations__
        patient = {name: fields[f"patient_{name}"] for name in names if f"patient_{name}" in fields}
        study = {name: fields[name] for name in StudyFacts.__annotations__ if name in fields}
        sent = submission.Request(
            clinic=token.clinic,
            actor=token,
            door=Door.API,
            number=fields.get("patient_number", ""),
            patient=cast(PatientFacts, patient),
            study=cast(StudyFacts, study),
            films=films,
            fields=[(name, value) for name in request.POST for value in request.POST.getlist(name)],
            key=key,
            character_set=character_set_of(token.clinic),
        )
        done = _submitted(sent)
        if isinstance(done, submission.Submitted):
            return _answer(request, done)
        return held.answer(request, done)


@extend_schema(exclude=True)
class Nothing(APIView):
    """Every other address below /api/: answers 404 as problem+json."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404  # before the method is checked: the answer is the same for all


class Schema(SpectacularAPIView):
    """The API's schema, drawn up and written once in each process: it is the same for everybody."""

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer = type(request.accepted_renderer)
        name = f'inline; filename="{self._get_filename(request, None)}"'
        written = _written(renderer)  # type: ignore[arg-type]  # its stubs know no hash of a class
        return HttpResponse(written, content_type=renderer.media_type, headers={"Content-Disposition": name})


@functools.cache
def _written(renderer: Callable[[], BaseRenderer]) -> bytes:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    written = renderer().render(schema, renderer_context={})
    return written if isinstance(written, bytes) else str(written).encode()


class Docs(SpectacularSwaggerSplitView):
    """The interactive API documentation; our own template, because the package's has inline styles."""

    url_name = "api_schema"
    template_name = "diagnosis/api/docs.html"


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise Problem(
            400, "bad_key", "Unusable Idempotency-Key", f"Send at most {KEY_LENGTH} printable characters."
        )
    return key


def _checked_fields(request: Request) -> dict[str, Any]:
    """The text fields, validated; unknown or repeated ones are refused, since they may be a mistake."""
    serializer = SubmissionSerializer(data=request.data)
    known = set(serializer.fields)
    sent = request.POST
    problems = {name: [_unknown(name, known)] for name in sent if name not in known}
    problems |= {name: ["Send files in the field “film”."] for name in request.FILES if name != "film"}
    problems |= {name: ["Sent more than once."] for name in sent if len(sent.getlist(name)) > 1}
    if not serializer.is_valid():
        problems |= {name: list(texts) for name, texts in serializer.errors.items()}
    if problems:
        raise ValidationError(problems)
    return dict(serializer.validated_data)


def _unknown(name: str, known: set[str]) -> str:
    if name == "film":
        return "Send “film” as a file, with a file name: form-data; name=“film”; filename=“film.png”."
    close = difflib.get_close_matches(name.lower(), known, 1)
    meant = f"Did you mean “{close[0]}”?" if close else f"The fields are: {', '.join(sorted(known))}."
    return f"There is no text field of this name. {meant}"


def _submitted(sent: submission.Request) -> submission.Submitted | list[InstanceOutcome]:
    try:
        return submit_or_hold(sent)
    except FilmRefused as refusal:  # the disk filled up
        raise Unavailable(507, "Not stored: no room", NO_ROOM.text) from refusal
    except PatientMismatch as mismatch:
        history.mismatch_refused(patient=mismatch.patient, fields=mismatch.fields, actor=sent.actor)
        raise Problem(
            409, "patient_mismatch", "Another patient has this number", mismatch.message,
            errors={f"patient_{name}": ["Differs from the record."] for name in mismatch.fields},
        ) from mismatch  # fmt: skip
    except (Contradiction, agreement.NumberMissing, SeveralStudies, TypedContradicts) as why:
        raise _disagreement(why) from why
    except submission.KeyReused as reused:
        raise Problem(
            422, "key_reused", "Idempotency-Key used before",
            "This key belongs to an earlier request with other content. Send a new key.",
        ) from reused  # fmt: skip
    except submission.NothingKept as nothing:
        if any(film["code"] == Refusal.STORAGE for film in nothing.films):
            raise Unavailable(507, "Not stored: no room", NO_ROOM.text, films=nothing.films) from nothing
        if nothing.on_record:
            raise Problem(
                409, "films_on_record", "No new film",
                "Every film was refused or is already on record, in other studies. No study was created.",
                films=nothing.films,
            ) from nothing  # fmt: skip
        raise Problem(
            422, "films_refused", "No usable film",
            "Every film was refused; “films” says why. Nothing was stored.", films=nothing.films,
        ) from nothing  # fmt: skip


def _disagreement(why: Exception) -> APIException:
    """The problem of a request whose films and fields do not name one patient and one study."""
    if isinstance(why, SeveralStudies):
        return Problem(
            422, "several_studies", "Films of several studies",
            "The DICOM films are of several studies or patients. Nothing was stored. Send one request for "
            "each study; a ZIP of many is taken on the page “New study”, and DICOMweb takes many too.",
        )  # fmt: skip
    if isinstance(why, TypedContradicts):
        names = [name if name in StudyFacts.__annotations__ else f"patient_{name}" for name in why.fields]
        return Problem(
            409, "header_mismatch", "A film says otherwise",
            "The fields named in “errors” are not what the film’s DICOM header says. Nothing was stored. "
            "Leave them out, or send the right film.",
            errors={name: ["Differs from the film’s header."] for name in names},
        )  # fmt: skip
    if isinstance(why, Contradiction):
        return Problem(
            409, "study_mismatch", "Another patient’s study",
            "The film’s Study Instance UID is on record for another patient. Nothing was stored. Check whose "
            "film it is.",
        )  # fmt: skip
    return ValidationError(
        {"patient_number": ["This field is required, unless a DICOM film says it in its header."]}
    )


def _answer(request: Request, done: submission.Submitted) -> Response:
    study = done.study
    url = public_address(request, reverse("api_study_detail", args=[study.public_id]))
    body = {
        "id": str(study.public_id), "url": url, "state": study.state, "films": done.films,
        "warnings": done.warnings, "notice": NOTICE,
    }  # fmt: skip
    headers = {"Location": url}
    if done.repeated:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status=201 if done.created else 200, headers=headers)
