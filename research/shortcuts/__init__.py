"""What is left of shortcuts in a bundle: the source in its features, its answers without lungs."""
