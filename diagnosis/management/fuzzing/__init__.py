"""Broken films and messages for every door, and what must hold after each: see `manage.py fuzz_doors`."""
