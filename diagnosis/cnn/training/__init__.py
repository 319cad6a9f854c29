"""Training, evaluation and export: the only part of the portal that needs TensorFlow."""
