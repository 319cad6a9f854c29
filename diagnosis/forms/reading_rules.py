"""What a clinic asks of its readings, as its administrator sets it."""

from typing import Any

from django import forms

from accounts.models import Clinic, Role
from accounts.models.membership import people_of
from diagnosis.models import Finding, FurtherFinding, ReadingRules
from diagnosis.services.reading_rules import Wanted

DAY = 24 * 60


def _minutes(label: str) -> forms.IntegerField:
    widget = forms.NumberInput({"class": "form-control", "inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, max_value=30 * DAY, widget=widget)


def _tick(label: str, help_text: str = "") -> forms.BooleanField:
    widget = forms.CheckboxInput({"class": "form-check-input"})
    return forms.BooleanField(label=label, required=False, help_text=help_text, widget=widget)


def _ticks(label: str, choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    ticks = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=ticks)


class ReadingRulesForm(forms.Form):
    blind_first = _tick(
        "Doctors give their word before they see the network’s answer",
        "Finding and zones come first; nothing of the network reaches their browser until then. The worklist "
        "goes by urgency and waiting time alone, for everybody.",
    )
    second_on_difference = _tick("A second reader where the doctor signs another finding than the network’s")
    second_share = forms.IntegerField(
        label="Of all other signed studies, read twice (%)",
        min_value=0,
        max_value=100,
        widget=forms.NumberInput({"class": "form-control", "inputmode": "numeric"}),
        help_text="Chosen by chance. 0: none.",
    )
    trainees = forms.MultipleChoiceField(
        label="In training: their studies are read twice",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    urgent_minutes = _minutes("Urgent studies are overdue after (minutes)")
    routine_minutes = _minutes("Other studies are overdue after (minutes)")
    mails_overdue = _tick(
        "Mail the clinic’s doctors about overdue studies",
        "Once for each study: a link, no name. Each doctor may choose otherwise.",
    )

    critical_minutes = _minutes("Others hear of a critical result after (minutes)")
    critical_findings = _ticks(
        "Critical in an urgent study", [one for one in Finding.choices if one[0] != Finding.NORMAL]
    )
    critical_further = _ticks("Critical in every study", FurtherFinding.choices)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doctors = people_of(clinic, Role.DOCTOR)
        self.fields["trainees"].choices = [  # type: ignore[attr-defined]  # a field of choices
            (str(doctor.public_id), str(doctor)) for doctor in doctors.order_by("last_name", "email")
        ]

    @classmethod
    def of(cls, clinic: Clinic) -> "ReadingRulesForm":
        """The form as its page shows it."""
        rules = ReadingRules.of(clinic.pk)
        return cls(clinic=clinic, initial={name: getattr(rules, name) for name in cls.base_fields})

    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)
