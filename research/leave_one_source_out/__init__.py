"""Train without a source and judge inside it, source by source and seed by seed: the figure that counts."""
