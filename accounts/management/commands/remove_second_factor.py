"""Removes the second factors of somebody who lost theirs and whom no administrator can help: the operator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import second_factor
from accounts.models import User


class Command(BaseCommand):
    help = "Remove the second factors of a person, who then signs in with the password alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        if second_factor.remove_all(user=user, by=None):
            self.stdout.write(f"{user.email} has no second factor any more, and was told by e-mail.")
        else:
            self.stdout.write(f"{user.email} had no second factor.")
