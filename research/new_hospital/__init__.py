"""What a bundle would do in a hospital it never saw: films of unseen sources, and of other machines."""
