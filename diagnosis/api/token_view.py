"""What every address for computers has in common: scopes, and a word about a token that ends soon."""

from typing import Any, Final, cast

from django.http import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiToken, Scope
from diagnosis.api.authentication import HasScopes

EXPIRES: Final = "X-Token-Expires"


# Responses hold patient data: no proxy or client may cache them.
@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class TokenView(APIView):
    """A view that a token with the scopes of the method opens."""

    permission_classes = (HasScopes,)
    scopes: Final[dict[str, tuple[Scope, ...]]] = {
        "GET": (Scope.READ,),
        "HEAD": (Scope.READ,),
        "POST": (Scope.SEND,),
        "PATCH": (Scope.READ, Scope.MANAGE),  # it answers with the record
    }

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Any:
        """The response, and in a header when the token ends, if that is soon."""
        finished = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]  # a PDF is no DRF response
        token = getattr(request, "auth", None)
        if isinstance(token, ApiToken) and token.expires_soon and token.expires_at is not None:
            finished.headers[EXPIRES] = token.expires_at.isoformat(timespec="seconds")
        return finished


def token_of(request: Request) -> ApiToken:
    """The token that opened the view."""
    return cast(ApiToken, request.auth)
