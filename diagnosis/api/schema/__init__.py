"""The API documentation's responses, headers and examples."""

from diagnosis.api.schema.listing import LIST
from diagnosis.api.schema.read import READ
from diagnosis.api.schema.submit import SUBMIT

__all__ = ["LIST", "READ", "SUBMIT"]
