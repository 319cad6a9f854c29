"""The film checks' network: what it learns from, made by code from films, and how it is fitted."""
