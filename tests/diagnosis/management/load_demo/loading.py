"""The command that loads the demonstration, and what it prints."""

from io import StringIO

from django.core.management import call_command


def load(**options: object) -> str:
    out = StringIO()
    call_command("load_demo", stdout=out, stderr=out, **options)
    return out.getvalue()
