"""How often films that are wrong are refused, corrected or told, and films that are right are not."""
