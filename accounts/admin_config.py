"""Puts Carina's admin site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig


class CarinaAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.CarinaAdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress, EmailConfirmation
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # Roles decide here, not groups, and an address belongs to its user's own page: both doors stay shut.
        for model in (Group, EmailAddress, EmailConfirmation):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
