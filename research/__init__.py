"""How the network was found: studies, each run by `python -m research.NAME`. Nothing else imports them."""
