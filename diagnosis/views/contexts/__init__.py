"""Template contexts: what pages show, assembled and put into words."""
