"""List the patients whose numbers looked alike before a number was unique by its search key."""

from typing import Any

from django.core.management.base import BaseCommand
from django.urls import reverse

from diagnosis.services import patients


class Command(BaseCommand):
    help = (
        "List patients of one clinic whose numbers look alike, by the addresses of their pages: two records "
        "of one person, or a number typed wrongly. Their clinic corrects the number or merges the two."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        groups = patients.lookalikes()
        for group in groups:
            self.stdout.write(f"{group[0].clinic}:")
            for patient in group:  # addresses, not numbers: what a console shows is often kept
                self.stdout.write(f"  {reverse('patient_detail', args=[patient.public_id])}")
        self.stdout.write(f"{len(groups)} numbers are on record in more than one spelling.")
