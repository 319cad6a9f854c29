"""A form field for text of several lines, counted as the person who types it counts."""

from typing import Any

from django import forms


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
        return super().to_python(_with_plain_breaks(value))

    def prepare_value(self, value: Any) -> Any:
        """The text for the box it comes back in, without what could not be stored."""
        return value.replace("\0", "") if isinstance(value, str) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(_with_plain_breaks(initial), _with_plain_breaks(data))


def _with_plain_breaks(value: Any) -> Any:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
