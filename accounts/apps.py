"""The accounts application: clinics, people, tokens and the audit trail."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import factor_record, sign_in_record

        sign_in_record.connect()
        factor_record.connect()
