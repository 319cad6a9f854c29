"""The network: its training, evaluation and serving, from pixels to findings. No Django in here."""
