"""The API documentation's responses, headers and examples."""

from diagnosis.api.schema.correct import CORRECT_PATIENT, CORRECT_STUDY, READ_PATIENT
from diagnosis.api.schema.listing import LIST
from diagnosis.api.schema.read import READ
from diagnosis.api.schema.submit import SUBMIT

__all__ = ["CORRECT_PATIENT", "CORRECT_STUDY", "LIST", "READ", "READ_PATIENT", "SUBMIT"]
