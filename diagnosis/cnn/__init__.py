"""Pixels in, findings out: the network, how it is trained and how it is served. No Django in here."""
