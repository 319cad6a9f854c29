"""Replaces Django's admin site with Carina's."""

from django.contrib.admin.apps import AdminConfig


class CarinaAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.CarinaAdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress, EmailConfirmation
        from allauth.mfa.models import Authenticator
        from allauth.usersessions.models import UserSession
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # Rights come from roles, not groups, and an address is edited on its user's page only. The keys of
        # factors and sessions are nobody's to read.
        for model in (Group, EmailAddress, EmailConfirmation, Authenticator, UserSession):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
