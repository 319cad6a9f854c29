"""The worklist's filters; an invalid value is ignored, never an error page."""

from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import formats, timezone

from accounts.models import User
from diagnosis import spelling
from diagnosis.models import Finding, Patient, Review, Scan, Study, StudyState
from diagnosis.services import blind_reads, blindness, second_reads

Studies = QuerySet[Study]
SENSIBLE_DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2200, 1, 1))]


def _start_of(day: date) -> datetime:
    # Compared as points in time: MySQL without time zone tables cannot convert them into local dates.
    return timezone.make_aware(datetime.combine(day, time.min))


def _in_number_or_name(word: str) -> Q:
    return (
        Q(patient__number_key__contains=word)
        | Q(patient__first_name_key__contains=word)
        | Q(patient__last_name_key__contains=word)
        | Q(
            patient__in=Patient.objects.filter(number_key__contains=word, merged_into__isnull=False).values(
                "merged_into"
            )
        )
    )


def _readable(text: str) -> None:
    if problem := spelling.fault(text):
        raise ValidationError(problem)


class WorklistFilter(django_filters.FilterSet):
    """Filters by words, state, finding (the network's or the doctor's), date taken, and own studies."""

    q = django_filters.CharFilter(
        method="search",
        label="Search",
        validators=[_readable],
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Patient number or name"}),
    )
    state = django_filters.ChoiceFilter(choices=StudyState.choices, empty_label="Any state", label="State")
    finding = django_filters.ChoiceFilter(
        choices=Finding.choices, method="with_finding", empty_label="Any finding", label="Finding"
    )
    taken_from = django_filters.DateFilter(
        method="from_day",
        label="Taken from",
        validators=SENSIBLE_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    taken_to = django_filters.DateFilter(
        method="to_day",
        label="Taken to",
        validators=SENSIBLE_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    mine = django_filters.BooleanFilter(
        method="only_mine", label="Mine: entered or reviewed by me", widget=forms.CheckboxInput
    )
    second = django_filters.BooleanFilter(
        method="for_second", label="Waits for me as second reader", widget=forms.CheckboxInput
    )

    class Meta:
        model = Study
        fields: list[str] = []

    def __init__(self, asked: QueryDict, *, queryset: Studies, user: User) -> None:
        super().__init__(asked, queryset=queryset)
        self.user = user

    def trouble(self) -> list[str]:
        """For each filter that could not be understood and was left out: its name on the page, and why."""
        fields = self.form.fields
        return [f"“{fields[name].label}”: {errors[0]}" for name, errors in self.form.errors.items()]

    def in_words(self) -> list[str]:
        """What narrows the list besides the search words, each in a few words."""
        chosen = self.form.cleaned_data
        days = [
            f"{words} {formats.date_format(chosen[name])}"
            for name, words in (("taken_from", "from"), ("taken_to", "to"))
            if chosen.get(name)
        ]
        choices = [
            str(dict(self.form.fields[name].choices)[chosen[name]])
            for name in ("state", "finding")
            if chosen.get(name)
        ]
        return [
            *choices,
            *days,
            *(["Mine"] if chosen.get("mine") else []),
            *(["Second reader"] if chosen.get("second") else []),
        ]

    def filter_queryset(self, queryset: Studies) -> Studies:
        """The studies asked for; cancelled ones only if they are searched for or their state is chosen."""
        studies = super().filter_queryset(queryset)
        asked = self.form.cleaned_data.get("state") or self.form.cleaned_data.get("q")
        return studies if asked else studies.exclude(state=StudyState.CANCELLED)

    def search(self, studies: Studies, name: str, sought: str) -> Studies:
        """Studies with every word in the patient's number or name, or with the words as accession number."""
        every_word = Q()
        spelt = spelling.variants(sought)[:8]
        for spellings in spelt:
            every_word &= reduce(or_, [_in_number_or_name(word) for word in spellings])
        whole = {spelling.key(sought), " ".join(spelling.words(sought))} - {""}
        found = Q(accession_key__in=whole)
        return studies.filter(found | every_word if spelt else found)

    def with_finding(self, studies: Studies, name: str, finding: str) -> Studies:
        waiting = blind_reads.waiting_for(reader=self.user, films=Scan.objects.filter(study__in=studies))
        told = Q(network_finding=finding) & ~Q(pk__in={scan.study_id for scan in waiting})
        told |= Q(doctor_finding=finding)
        return studies.filter(told & blindness.told(self.user, studies))

    def from_day(self, studies: Studies, name: str, day: date) -> Studies:
        return studies.filter(taken_at__gte=_start_of(day))

    def to_day(self, studies: Studies, name: str, day: date) -> Studies:
        return studies.filter(taken_at__lt=_start_of(day + timedelta(days=1)))

    def only_mine(self, studies: Studies, name: str, wanted: bool) -> Studies:
        if not wanted:
            return studies
        me = self.user
        reviewed_by_me = Review.objects.filter(scan__study=OuterRef("pk"), doctor=me)
        asked = second_reads.to_give(me).filter(asked_of=me).values("study")
        return studies.filter(Q(created_by=me) | Exists(reviewed_by_me) | Q(pk__in=asked))

    def for_second(self, studies: Studies, name: str, wanted: bool) -> Studies:
        return studies.filter(pk__in=second_reads.to_give(self.user).values("study")) if wanted else studies
