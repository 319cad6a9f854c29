"""Addresses about people and their clinic. They stand before allauth's and shut one of them."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from accounts import views

urlpatterns: list[URLPattern] = [
    path("waiting/", views.approval_waiting, name="approval_waiting"),
    path("profile/", views.profile, name="profile"),
    path("tokens/", views.token_list, name="token_list"),
    path("tokens/<uuid:public_id>/revoke/", views.token_revoke, name="token_revoke"),
    # The address is what was confirmed and approved: allauth's page to add and swap addresses is not for us.
    path("email/", login_required(RedirectView.as_view(pattern_name="profile")), name="account_email"),
]
