"""Compares a key without offering its index to the database.

SQLite does not know how many rows are behind an index: it would read a whole clinic, or all that a doctor
ever signed, through one, instead of the few rows that the rest of a query names.
"""

from django.db.models import BigIntegerField, ExpressionWrapper, F


def unoffered(field: str) -> ExpressionWrapper:
    """The number in a field, to be compared by `alias(name=unoffered("clinic_id")).filter(name=…)`."""
    return ExpressionWrapper(F(field) + 0, output_field=BigIntegerField())
