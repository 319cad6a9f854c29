"""The worklist's filters; an invalid value is ignored, never an error page."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet
from django.http import QueryDict
from django.utils import formats, timezone

from accounts.models import Clinic, User
from diagnosis import spelling
from diagnosis.models import Finding, Study, StudyState
from diagnosis.services import searching, second_reads, tabs

Studies = QuerySet[Study]
SENSIBLE_DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2200, 1, 1))]


def _start_of(day: date) -> datetime:
    # Compared as points in time: MySQL without time zone tables cannot convert them into local dates.
    return timezone.make_aware(datetime.combine(day, time.min))


def _readable(text: str) -> None:
    if problem := spelling.fault(text):
        raise ValidationError(problem)


class WorklistFilter(django_filters.FilterSet):
    """Filters by tab, words, state, finding (the network's or the doctor's), date taken, and who entered it.

    `untold`: the studies of which the reader is not told what the network says; no filter tells it either.
    `clinics`: whose studies these are, by public id and name, where they are not the reader's own.
    `named`: the same studies as `queryset`, for a query that names primary keys, as a search does.
    `alternatives`: a study fits if it fits one of these. They stay apart, because each has an index of its
    own in the order of the list, and a database that is asked for both at once reads every study.
    """

    q = django_filters.CharFilter(
        method="search",
        label="Search",
        validators=[_readable],
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Number, name or accession"}),
    )
    tab = django_filters.ChoiceFilter(
        choices=[(tab.name, tab.label) for tab in tabs.TABS if tab.name], method="in_tab", label="Tab"
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
    entered = django_filters.BooleanFilter(
        method="entered_by_me", label="Entered by me", widget=forms.CheckboxInput
    )
    clinic = django_filters.ChoiceFilter(
        choices=[], method="of_clinic", empty_label="Any clinic", label="Clinic"
    )
    second = django_filters.BooleanFilter(
        method="for_second", label="Waits for me as second reader", widget=forms.CheckboxInput
    )

    class Meta:
        model = Study
        fields: list[str] = []

    def __init__(
        self,
        asked: QueryDict,
        *,
        queryset: Studies,
        named: Studies,
        user: User,
        untold: Collection[int] = (),
        clinics: Mapping[Clinic, str] | None = None,
    ) -> None:
        super().__init__(asked, queryset=queryset)
        self.clinics = clinics or {}
        self.filters["clinic"].extra["choices"] = [(key, clinic.name) for clinic, key in self.clinics.items()]
        self.named, self.user, self.untold = named, user, untold
        self.alternatives: list[Q] = []
        self.sought: searching.Found | None = None

    @property
    def open_tab(self) -> tabs.Tab:
        """The tab that is open."""
        return tabs.named(str(self.data.get("tab", "")))

    @property
    def by_time_taken(self) -> bool:
        """Whether a date narrows the list, which then goes by it."""
        chosen = self.form.cleaned_data
        return bool(chosen.get("taken_from") or chosen.get("taken_to"))

    @property
    def has_own_index(self) -> bool:
        """Whether it is narrowed by more than dates: other indexes than the list's own may be better then."""
        return any(self.form.cleaned_data.get(name) for name in ("state", "finding", "entered", "second"))

    def trouble(self) -> list[str]:
        """For each filter that could not be understood and was left out: its name on the page, and why."""
        fields = self.form.fields
        return [
            f"“{fields[name].label}”: {errors[0]}" if name in fields else str(errors[0])
            for name, errors in self.form.errors.items()
        ]

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
            for name in ("state", "finding", "clinic")
            if chosen.get(name)
        ]
        own = [
            words
            for name, words in (("entered", "Entered by me"), ("second", "Second reader"))
            if chosen.get(name)
        ]
        return [*choices, *days, *own]

    def filter_queryset(self, queryset: Studies) -> Studies:
        """The studies asked for; cancelled ones only if they are searched for or their state is chosen."""
        sought = self.form.cleaned_data.get("q")
        if sought:
            self.sought = self._found(queryset, sought)
        studies = super().filter_queryset(self.named if sought else queryset)
        asked = sought or self.form.cleaned_data.get("state")
        return studies if asked else studies.exclude(state=StudyState.CANCELLED)

    def _found(self, queryset: Studies, sought: str) -> searching.Found:
        """What the words find, in each of the clinics."""
        places: list[int | None] = [clinic.pk for clinic in self.clinics]
        found = [searching.found(queryset, sought, clinic=place) for place in places or [self.user.clinic_id]]
        keys = {key for one in found for key in one.studies}
        return searching.Found(sorted(keys), any(one.cut for one in found))

    def of_clinic(self, studies: Studies, name: str, wanted: str) -> Studies:
        return studies.filter(clinic__public_id=wanted)

    def in_tab(self, studies: Studies, name: str, wanted: str) -> Studies:
        return tabs.inside(tabs.named(wanted), reader=self.user, studies=studies, untold=self.untold)

    def search(self, studies: Studies, name: str, sought: str) -> Studies:
        return studies.filter(pk__in=self.sought.studies if self.sought else [])

    def with_finding(self, studies: Studies, name: str, finding: str) -> Studies:
        told = ~Q(pk__in=list(self.untold)) if self.untold else Q()
        self.alternatives = [Q(network_finding=finding) & told, Q(doctor_finding=finding) & told]
        return studies

    def from_day(self, studies: Studies, name: str, day: date) -> Studies:
        return studies.filter(taken_at__gte=_start_of(day))

    def to_day(self, studies: Studies, name: str, day: date) -> Studies:
        return studies.filter(taken_at__lt=_start_of(day + timedelta(days=1)))

    def entered_by_me(self, studies: Studies, name: str, wanted: bool) -> Studies:
        if wanted and self.sought:  # without the index of all that they ever entered, as with `named`
            compared = ExpressionWrapper(F("created_by_id") + 0, output_field=BigIntegerField())
            return studies.alias(compared_author=compared).filter(compared_author=self.user.pk)
        return studies.filter(created_by=self.user) if wanted else studies

    def for_second(self, studies: Studies, name: str, wanted: bool) -> Studies:
        return studies.filter(pk__in=second_reads.to_give(self.user).values("study")) if wanted else studies
