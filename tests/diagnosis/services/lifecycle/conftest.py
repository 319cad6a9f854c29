"""A film's steps are asked about with the real network, and nobody is told of films."""

from tests.diagnosis.services.analysis.conftest import announced, network

__all__ = ["announced", "network"]
