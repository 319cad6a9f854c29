"""Template filters and tags, for display only."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.db import DatabaseError
from django.forms import BoundField
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html

from accounts import permissions
from accounts.approval import waiting_for
from accounts.models import User
from diagnosis.access import drift_alerts_for, held_films_for, signatures_for
from diagnosis.cnn.findings import name_of
from diagnosis.models import ModelVersion, Prediction, Review, Scan, ScanStatus, Sex, Study
from diagnosis.services import ages, blind_reads, check_words, notice, reconcile, review
from diagnosis.views.contexts.wording import percent

register = template.Library()

for _question in (
    permissions.may_see_records,
    permissions.may_submit,
    permissions.may_review,
    permissions.may_settle,
    permissions.may_send_out,
    permissions.may_manage_clinic,
    permissions.may_use_admin,
):
    register.filter(_question.__name__, _question)

register.filter(percent)


@register.filter
def classes(prediction: Prediction) -> list[tuple[str, str, float]]:
    """The classes that the network tells apart, "normal" last: finding, name as read, probability."""
    return [(finding, name_of(finding), value) for finding, value in prediction.probabilities.items()]


@register.filter
def waited(since: datetime | None) -> str:
    """The time since then in its two largest units: "3 min", "2 h 10 min", "4 d 6 h"."""
    if since is None:
        return ""
    return duration(timezone.now() - since)


@register.filter
def duration(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"


@register.filter
def age_and_sex(study: Study) -> str:
    """Age when the film was taken, and sex: "63 y, female", "about 63 y"; what is unknown is left out."""
    age = study.patient.age_on(timezone.localdate(study.taken_at))
    sex = "" if study.patient.sex == Sex.UNKNOWN else study.patient.get_sex_display().lower()
    return ", ".join(part for part in (f"{age} y" if age else "", sex) if part)


@register.filter
def last_review(study: Study) -> Review | None:
    """The latest review of any film of the study; uses the page's prefetched rows."""
    reviews = [review for scan in study.scans.all() for review in scan.reviews.all()]
    return max(reviews, key=lambda review: review.pk, default=None)


@register.filter
def first_counted(films: Iterable[Scan]) -> Scan | None:
    """The first film that counts: one that was dismissed does not stand for its study."""
    return next((film for film in films if film.set_aside_at is None), None)


@register.filter
def taken_after(study: Study, other: Study) -> str:
    """ ", later" behind the date of a study that was taken after the other: nobody takes it for a prior."""
    return ", later" if study.taken_at > other.taken_at else ""


@register.filter
def is_phantom(study: Study) -> bool:
    return any(scan.is_phantom for scan in study.scans.all())


@register.filter
def trouble(study: Study) -> str:
    """Why a film of the study was refused or failed, or was put right; empty if none was."""
    films = study.scans.all()
    for scan in films:
        if scan.status == ScanStatus.REFUSED:
            return f"Refused: {check_words.refusal(scan.reason_code)}"
        if scan.status == ScanStatus.FAILED:
            return f"{scan.get_status_display()}: {scan.reason}"
    for scan in films:
        if scan.shown_corrections:
            return check_words.correction(scan.shown_corrections[0])
        if scan.correction_undone_at:
            return "Correction undone: a person reads first"
    return ""


@register.filter
def too_young(study: Study, network: ModelVersion | None) -> bool:
    """Whether the active network did not learn on patients of this age: its numbers come with that word."""
    films = study.scans.all()
    if not films or films[0].is_phantom or ages.youngest_age(films[0], study.patient) is None:
        return False
    if not network:  # a lazy one that turns out to be none is not None
        return False
    return ages.too_young(network.card, films[0], study.patient)


@register.simple_tag
def people_waiting(user: object) -> int:
    """How many people wait for this user's approval; 0 while the database cannot be asked."""
    try:
        return waiting_for(user).count()
    except DatabaseError:  # error pages have this header, too
        return 0


@register.simple_tag
def notices_unread(user: object) -> str:
    """How many notices the user has not read, "100+" for more; "" for none, or without a database."""
    try:
        found = notice.unread(user)
    except DatabaseError:
        return ""
    return f"{notice.MANY}+" if found > notice.MANY else str(found or "")


@register.simple_tag
def films_to_settle(user: object) -> int:
    """How many films of this user's clinic contradict the record; 0 while the database cannot be asked."""
    try:
        return reconcile.waiting(held_films_for(user)).count()
    except DatabaseError:
        return 0


@register.simple_tag
def changes_to_explain(user: object) -> int:
    """How many open alerts about changed films nobody has seen to; 0 while the database cannot be asked."""
    try:
        return drift_alerts_for(user).filter(closed_at=None, acknowledged_at=None).count()
    except DatabaseError:
        return 0


@register.simple_tag
def blind_reads_under_way() -> bool:
    """Whether films may wait for a blind read; False while the database cannot be asked."""
    try:
        return blind_reads.under_way()
    except DatabaseError:
        return False


@register.simple_tag
def querystring_with(narrowing: dict[str, str], **more: str) -> str:
    """The query string with the active filters and a cursor."""
    return urlencode({**narrowing, **more})


@register.filter
def plain(probability: float) -> str:
    """A number for an HTML attribute, with a decimal point in every language."""
    return f"{probability:.4f}"


@register.filter
def is_slow(enqueued_at: datetime) -> bool:
    """Whether a film has waited so long that the page should explain it."""
    return timezone.now() - enqueued_at > timedelta(seconds=60)


@register.filter
def any_phantom(films: list[Any]) -> bool:
    """Whether any of the films was drawn by code."""
    return any(film.scan.is_phantom for film in films)


@register.simple_tag
def film_limit() -> str:
    """The largest accepted film size."""
    return f"{settings.MAX_FILM_BYTES // 1024 // 1024} MB"


@register.filter
def as_shown(field: BoundField) -> str:
    """The field's shown value as a hidden input, to tell later what the person changed."""
    return field.as_hidden(only_initial=True)


@register.simple_tag(takes_context=True)
def own_signatures(context: Context) -> review.Own | None:
    """The signatures that whoever reads this page can undo, and those that came back unsigned."""
    user = context.get("user")
    if not isinstance(user, User) or not permissions.may_review(user):
        return None
    own = review.of_doctor(user)
    if not own.waiting and not own.returned:
        return own
    # those of a clinic that the doctor left by a switch wait until they are back
    here = set(signatures_for(user).values_list("pk", flat=True))
    waiting, returned = ([row for row in rows if row.pk in here] for rows in (own.waiting, own.returned))
    return review.Own(waiting, returned, [row for row in own.returned if row.pk not in here])


@register.simple_tag(takes_context=True)
def keeps(context: Context, *key: object) -> str:
    """The hidden fields of a form whose text is kept: who opened it, and the name of its draft.

    See accounts/kept_forms.py and drafts.js. The key names the form and what it is about.
    """
    user = context.get("user")
    draft = ":".join(str(part) for part in key)
    return format_html(
        '<input type="hidden" name="form_of" value="{}"><input type="hidden" name="draft" value="{}">',
        getattr(user, "public_id", ""),
        draft,
    )
