"""A bundle measured on films with known labels: read, predicted, summed up by source. Needs no TensorFlow."""
