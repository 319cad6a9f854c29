"""Replaces Django's admin site with Carina's."""

from django.contrib.admin.apps import AdminConfig


class CarinaAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.CarinaAdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress, EmailConfirmation
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # Rights come from roles, not groups, and an address is edited on its user's page only.
        for model in (Group, EmailAddress, EmailConfirmation):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
