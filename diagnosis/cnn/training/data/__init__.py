"""The films of a training run: decoded once, changed anew each time they are shown."""
