"""Commands are asked about the same drawn films as the network."""

from tests.diagnosis.cnn.conftest import real_films, shipped, write_manifest

__all__ = ["real_films", "shipped", "write_manifest"]
