"""A program that walks through the pages of a filter misses nothing that changes meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from diagnosis.models import Scan, Study
from diagnosis.services import studies
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.films import predict, queued_scan


class Meanwhile:
    """Studies that a filter finds, and what becomes of them between the first page and the second."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.found = [self._study("N-1", seed) for seed in range(4)]
        self.other = self._study("N-2", 4)

    def _study(self, number: str, seed: int) -> Study:
        return queued_scan(self.cast.clinic_a, self.cast.doctor, number=number, seed=seed).study

    def corrected(self, study: Study, accession: str) -> Study:
        studies.update_study(study=study, actor=self.cast.doctor, accession_number=accession)
        return study

    def by_accession(self) -> tuple[str, Callable[[], list[Study]]]:
        for study in self.found:
            self.corrected(study, "ACC-1")

        def change() -> list[Study]:
            self.corrected(self.found[2], "ACC-2")
            return [self.corrected(self.other, "ACC-1")]

        return "accession_number=acc-1", change

    def by_patient(self) -> tuple[str, Callable[[], list[Study]]]:
        return "patient_number=n-1", lambda: [self._study("N-1", 5)]

    def by_state(self) -> tuple[str, Callable[[], list[Study]]]:
        predict(Scan.objects.get(study=self.other))

        def change() -> list[Study]:
            predict(Scan.objects.get(study=self.found[2]))
            return [self._study("N-3", 5)]

        return "state=waiting", change

    def by_time(self) -> tuple[str, Callable[[], list[Study]]]:
        Study.objects.filter(pk=self.other.pk).update(changed_at=timezone.now() - timedelta(days=2))
        since = quote((timezone.now() - timedelta(days=1)).isoformat())
        return f"changed_since={since}", lambda: [self.corrected(self.other, "ACC-3")]


@pytest.mark.parametrize(
    ("filtered", "gone"),
    [
        (Meanwhile.by_accession, True),
        (Meanwhile.by_patient, False),
        (Meanwhile.by_state, True),
        (Meanwhile.by_time, False),
    ],
)
def test_what_changes_between_two_pages_is_told_as_it_is_then(
    computer: Computer,
    cast: Cast,
    filtered: Callable[[Meanwhile], tuple[str, Callable[[], list[Study]]]],
    gone: bool,
) -> None:
    meanwhile = Meanwhile(cast)
    query, change = filtered(meanwhile)
    first, second, third, fourth = meanwhile.found
    page = computer.read(f"{STUDIES}?{query}&limit=1").json()
    seen = [study["id"] for study in page["studies"]]
    studies.update_study(study=first, actor=cast.doctor, reason="changed after it was listed")
    come = change()
    while page["next"]:
        page = computer.read(page["next"]).json()
        seen += [study["id"] for study in page["studies"]]
    still = [second, fourth] if gone else [second, third, fourth]
    assert seen == [str(study.public_id) for study in (first, *still, first, *come)]
