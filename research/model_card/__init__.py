"""The model card: one page on what a network is, for whom, and how well it does for which films."""
