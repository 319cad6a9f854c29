"""Form fields for what people type: text of several lines, and names."""

import re
import unicodedata
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from accounts.letters import fault, tidy

# Word and dictation programs write \v and \f where somebody began a new line.
_BREAKS: Final = re.compile("\r\n|[\r\v\f\u2028\u2029]")


class TypedText(forms.CharField):
    """Text whose line breaks count as one character, as in the browser; forms send them as two.

    Its box has no `maxlength`, at which a browser cuts off what is pasted without a word: text that is too
    long comes back in full, and says so.
    """

    default_error_messages = {
        "max_length": "This text is too long: at most %(limit_value)d characters (it has %(show_value)d).",
        "null_characters_not_allowed": (
            "The text held an invisible character that cannot be stored. It is taken out below: "
            "check the text and send it again."
        ),
    }

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(_with_plain_breaks(value))
        if text and "\0" not in text and (problem := fault(text, lines=True)):  # of a NUL a validator tells
            raise ValidationError(problem)
        return text

    def prepare_value(self, value: Any) -> Any:
        """The text for the box it comes back in, without what could not be stored."""
        return value.replace("\0", "") if isinstance(value, str) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(_with_plain_breaks(initial), _with_plain_breaks(data))


def _with_plain_breaks(value: Any) -> Any:
    return _BREAKS.sub("\n", value) if isinstance(value, str) else value


class SpeltField(forms.CharField):
    """A name or another text about somebody: refused in words where letters were lost, measured as composed.

    Without a limit in the browser, which cuts a longer text off in silence and counts accents as letters.
    """

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        if problem := fault(str(value or ""), lines=self.lines):
            raise ValidationError(problem)
        text = super().to_python(value) or ""
        return unicodedata.normalize("NFC", text) if self.lines else tidy(text)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs
