"""Training and export of the networks, the only part of the portal that needs TensorFlow."""
