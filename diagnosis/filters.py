"""The worklist's filters; an invalid value is ignored, never an error page."""

from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from diagnosis.models import Finding, Review, Study, StudyState

Studies = QuerySet[Study]
SENSIBLE_DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2200, 1, 1))]


def _start_of(day: date) -> datetime:
    # Compared as points in time: MySQL without time zone tables cannot convert them into local dates.
    return timezone.make_aware(datetime.combine(day, time.min))


class WorklistFilter(django_filters.FilterSet):
    """Filters by words, state, finding (the network's or the doctor's), date taken, and own studies."""

    q = django_filters.CharFilter(
        method="search",
        label="Search",
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
        label="to",
        validators=SENSIBLE_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    mine = django_filters.BooleanFilter(
        method="only_mine", label="Mine: entered or reviewed by me", widget=forms.CheckboxInput
    )

    class Meta:
        model = Study
        fields: list[str] = []

    def search(self, studies: Studies, name: str, words: str) -> Studies:
        """Studies with every word in the patient's number or name, or with the words as accession number."""
        every_word = Q()
        for word in words.split()[:8]:
            every_word &= (
                Q(patient__number__icontains=word)
                | Q(patient__first_name__icontains=word)
                | Q(patient__last_name__icontains=word)
            )
        return studies.filter(every_word | Q(accession_number=words.strip()))

    def with_finding(self, studies: Studies, name: str, finding: str) -> Studies:
        return studies.filter(Q(network_finding=finding) | Q(doctor_finding=finding))

    def from_day(self, studies: Studies, name: str, day: date) -> Studies:
        return studies.filter(taken_at__gte=_start_of(day))

    def to_day(self, studies: Studies, name: str, day: date) -> Studies:
        return studies.filter(taken_at__lt=_start_of(day + timedelta(days=1)))

    def only_mine(self, studies: Studies, name: str, wanted: bool) -> Studies:
        if not wanted:
            return studies
        me = self.request.user
        reviewed_by_me = Review.objects.filter(scan__study=OuterRef("pk"), doctor=me)
        return studies.filter(Q(created_by=me) | Exists(reviewed_by_me))
