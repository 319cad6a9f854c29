"""The accounts application: who."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
