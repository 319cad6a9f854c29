"""The forms of a clinic's webhooks: where to, and what each is told of."""

from django import forms

from diagnosis.models import Webhook, WebhookKind

KINDS = [(kind.value, kind.label) for kind in WebhookKind if kind != WebhookKind.TEST]


class WebhookKindsForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        label="What is it told of?",
        choices=KINDS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what it is told of: at least one of these."},
    )

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookKindsForm":
        """The form as the webhook's page shows it."""
        return cls(initial={"kinds": webhook.kinds})


class WebhookForm(WebhookKindsForm):
    """A new webhook."""

    address = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.TextInput(
            {"class": "form-control", "inputmode": "url", "placeholder": "https://", "autocomplete": "off"}
        ),
        help_text="It begins with https://. Messages go there by POST.",
    )
    field_order = ["address", "kinds"]
