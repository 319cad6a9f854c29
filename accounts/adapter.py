"""How allauth treats Carina's accounts."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """E-mail is the login; approval follows confirmation."""
