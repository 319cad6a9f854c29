"""The form of a doctor's review."""

from django import forms

from diagnosis.models import Decision, Finding, Prediction


class ReviewForm(forms.Form):
    """A doctor's review of one prediction, and which prediction was on the page."""

    prediction = forms.UUIDField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=Decision.choices, widget=forms.RadioSelect)
    finding = forms.ChoiceField(choices=[("", "Choose the finding"), *Finding.choices], required=False)
    reason = forms.CharField(max_length=500, required=False)
    note = forms.CharField(max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @classmethod
    def of(cls, prediction: Prediction) -> "ReviewForm":
        # Several films have this form on one page, so each form needs its own ids.
        return cls(
            initial={"prediction": prediction.public_id}, auto_id=f"id_{prediction.public_id.hex[:8]}_%s"
        )
