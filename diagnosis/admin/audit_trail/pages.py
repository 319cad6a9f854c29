"""The list of events, newest first, and the page of one."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html

from accounts import audit, csv_file, step_up
from accounts.admin_filters import period_of
from accounts.admin_rights import ReadOnly
from accounts.models import AuditEvent, User
from accounts.names import names_of
from accounts.permissions import may_operate, may_use_admin
from diagnosis.admin.audit_trail.filters import Kind, OfPatient, OfStudy, Person, with_facts_as_text
from diagnosis.admin.audit_trail.links import links_of
from diagnosis.views.contexts.wording import what_happened

CHUNK = 500
HEAD = ("number", "when", "who", "address", "what", "action", "about", "study", "facts", "hash")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """The audit trail. Only the operator sees events without a clinic, such as new networks."""

    change_list_template = "admin/accounts/auditevent/change_list.html"
    list_display = ("when", "who", "what", "about", "sequence")
    list_display_links = ("when",)
    fields = (
        "sequence", "when", "who", "what", "about", "actor", "action", "subject", "study_id", "facts",
        "whole", "previous_hash", "hash",
    )  # fmt: skip
    readonly_fields = fields
    search_fields = ("actor", "subject", "study_id", "=action")
    search_help_text = "An e-mail address, an id or an action such as study.viewed"
    list_filter = (Kind, period_of("at"), Person, OfStudy, OfPatient)
    ordering = ("-sequence",)
    actions = ("export",)  # type: ignore[assignment]  # a tuple, which nobody changes, where Django says list
    # millions of rows: counting them all would be the slowest part of the page
    show_full_result_count = False

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return rows.filter(clinic_id=user.clinic_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_facts_as_text(super().get_queryset(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_use_admin(request.user)

    # ------------------------------------------------------------ in words
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if may_operate(request.user):
            for text in filter(None, [audit.overdue(), *audit.late()]):
                self.message_user(request, text, messages.WARNING)
        response: Any = super().changelist_view(request, {"title": "Audit trail"})
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        if listed is not None:
            listed.result_list = events = list(listed.result_list)
            _put_in_words(events, request.user)
            anchored = self.get_queryset(request).filter(action="record.anchored").order_by("sequence").last()
            response.context_data |= {
                "torn": [event for event in events if not event.fits],
                "anchored": anchored,
            }
        return response

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> AuditEvent | None:
        event: AuditEvent | None = super().get_object(request, *args, **kwargs)
        if event is not None:
            _put_in_words([event], request.user)
        return event

    @admin.display(description="when", ordering="at")
    def when(self, event: AuditEvent) -> str:
        return f"{timezone.localtime(event.at):%-d %b %Y, %H:%M:%S}"

    @admin.display(description="who", ordering="actor")
    def who(self, event: Any) -> str:
        return format_html('<span title="{}">{}</span>', event.actor, event.name)

    @admin.display(description="what", ordering="action")
    def what(self, event: Any) -> str:
        return event.words

    @admin.display(description="about")
    def about(self, event: Any) -> str:
        return format_html('<a href="{}">{}</a>', *event.link) if event.link else "–"

    @admin.display(description="as it was written", boolean=True)
    def whole(self, event: Any) -> bool:
        return event.fits

    # ------------------------------------------------------------ as a file
    @admin.action(description="Export as CSV", permissions=["export"])
    def export(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponseBase:
        assert isinstance(request.user, User)
        if asked := step_up.ask_again(request):
            return asked
        audit.record(
            actor=request.user,
            action="trail.exported",
            subject="record:trail",
            clinic=request.user.clinic_id,
            facts={"events": chosen.count(), "filtered_by": sorted(set(request.GET) - {"p", "o", "all"})},
        )
        return csv_file.as_download(f"carina-audit-{timezone.localdate():%Y-%m-%d}.csv", _table(chosen))


def _put_in_words(events: list[Any], reader: object) -> None:
    """Give each event the name, the sentence and the link that its row shows."""
    people = _people_of(events)
    links = links_of(events, reader)
    for event in events:
        event.name, event.words = people[event.actor], what_happened(event, people)
        event.link = links.get(event.sequence)
        event.fits = audit.event_hash(event) == event.hash


def _people_of(events: list[Any]) -> dict[str, str]:
    """The names of everybody whom the events name, by address."""
    said = {str(event.facts.get("person", "")) for event in events} - {""}
    return names_of({event.actor for event in events} | said)


def _table(events: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    yield HEAD
    chunk: list[Any] = []
    for event in events.order_by("sequence").iterator(chunk_size=CHUNK):
        chunk.append(event)
        if len(chunk) == CHUNK:
            yield from _lines(chunk)
            chunk = []
    yield from _lines(chunk)


def _lines(events: list[Any]) -> Iterator[tuple[Any, ...]]:
    people = names_of(
        {event.actor for event in events} | {str(event.facts.get("person", "")) for event in events}
    )
    for event in events:
        yield (
            event.sequence,
            timezone.localtime(event.at).isoformat(timespec="seconds"),
            people[event.actor],
            event.actor,
            what_happened(event, people),
            event.action,
            event.subject,
            event.study_id,
            json.dumps(event.facts, ensure_ascii=False, sort_keys=True),
            event.hash,
        )
