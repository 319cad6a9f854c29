"""Forms about people: registration, profile, tokens."""

from django import forms


class RegistrationForm(forms.Form):
    """Who asks for an account; allauth adds e-mail and password."""

    def signup(self, request, user):
        """Called by allauth once the user exists."""
