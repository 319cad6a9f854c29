"""Bundles of several architectures side by side: quality, time, and how each was trained."""
