"""Replaces Django's admin site with Carina's."""

from django.contrib.admin.apps import AdminConfig


class CarinaAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.CarinaAdminSite"
