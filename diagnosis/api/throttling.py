"""How often one token may call."""

from rest_framework.throttling import UserRateThrottle


class TokenThrottle(UserRateThrottle):
    scope = "token"
