"""URLs about people and their clinic; they come before allauth's and replace one of them."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from accounts import approval_views, views
from accounts import membership_views as places

urlpatterns: list[URLPattern] = [
    path("waiting/", views.approval_waiting, name="approval_waiting"),
    path("approvals/", approval_views.approval_list, name="approval_list"),
    path("approvals/<uuid:person_id>/approve/", approval_views.person_approve, name="person_approve"),
    path("approvals/<uuid:person_id>/refuse/", approval_views.person_refuse, name="person_refuse"),
    path("profile/", views.profile, name="profile"),
    path("sessions/", views.session_list, name="session_list"),
    path("sessions/<int:pk>/end/", views.session_end, name="session_end"),
    path("session/", views.session_left, name="session_left"),
    path("memberships/", places.membership_list, name="membership_list"),
    path("memberships/new/", places.membership_new, name="membership_new"),
    path("memberships/switch/", places.membership_switch, name="membership_switch"),
    path("memberships/<uuid:public_id>/approve/", places.membership_approve, name="membership_approve"),
    path("memberships/<uuid:public_id>/refuse/", places.membership_refuse, name="membership_refuse"),
    path("memberships/<uuid:public_id>/end/", places.membership_end, name="membership_end"),
    path("clinic/", views.clinic_rules, name="clinic_rules"),
    path("tokens/", views.token_list, name="token_list"),
    path("tokens/<uuid:public_id>/next/", views.token_rotate, name="token_rotate"),
    path("tokens/<uuid:public_id>/revoke/", views.token_revoke, name="token_revoke"),
    # The confirmed address is the approved one, so allauth's page for changing addresses is closed.
    path("email/", login_required(RedirectView.as_view(pattern_name="profile")), name="account_email"),
]
