"""A chain of six events, how to touch it by SQL, and where it is found broken."""

from typing import Any

from django.db import connection

from accounts.audit import verify

LENGTH = 6


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def faults() -> list[int]:
    return [fault.sequence for fault in verify()]
