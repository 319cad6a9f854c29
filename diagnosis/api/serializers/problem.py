"""The format of an error."""

from rest_framework import serializers

from accounts.models import Scope
from diagnosis.api.serializers.submission import FilmOutcomeSerializer


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # RFC 9457's word; never used for validation
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="By field."
    )
    missing_scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices),
        required=False,
        help_text="What the token would have to be allowed, and is not.",
    )
    films = FilmOutcomeSerializer(many=True, required=False)
