"""Films of a clinic as the workers note them, a stream of any kind, without their pictures."""

from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from accounts.models import Clinic, User
from diagnosis.models import FilmStatistics, ModelVersion, Scan
from diagnosis.services import drift
from tests.diagnosis.cnn.drift_streams import films
from tests.films import model_version, queued_scan

BEGIN = datetime(2026, 5, 1, tzinfo=timezone.get_fixed_timezone(0))


class Stream:
    """A clinic's films, ten a day, in seeded figures."""

    def __init__(self, clinic: Clinic, user: User, network: ModelVersion | None = None) -> None:
        self.clinic, self.user = clinic, user
        self.network = network or model_version()
        self.rng = np.random.default_rng(7)
        self.now = BEGIN
        self._pattern: Scan | None = None

    def come(self, count: int, *, unsure: float = 0.10, sharper: float = 0.0) -> None:
        """So many films are analysed or refused."""
        drawn = films(self.rng, count, unsure=unsure, sharper=sharper)
        noted = []
        for place, scan in enumerate(self._scans(count)):
            self.now += timedelta(hours=2.4)
            values = {
                name: None if np.isnan(column[place]) else float(column[place])
                for name, column in drawn.items()
            }
            booleans = {
                "refused": bool(values["refused"]),
                "unsure": None if values["unsure"] is None else bool(values["unsure"]),
            }
            row = {**values, **booleans, "clinic": self.clinic, "noted_at": self.now}
            noted.append(FilmStatistics(scan=scan, model_version=self.network, **row))
        FilmStatistics.objects.bulk_create(noted)

    def compare(self) -> int:
        """Compare whatever is due; how many steps that were."""
        steps = 0
        while drift.compare_clinic(
            clinic=self.clinic, network=self.network, now=self.now + timedelta(minutes=2)
        ):
            steps += 1
        return steps

    def _scans(self, count: int) -> list[Scan]:
        """Rows of films, all in one study."""
        if self._pattern is None:
            self._pattern = queued_scan(self.clinic, self.user, seed=self.network.pk % 16)
        study, made = self._pattern.study, []
        known = Scan.objects.count()
        for place in range(count):
            name = f"{self.clinic.pk}-{known + place}"
            made.append(
                Scan(
                    study=study,
                    clinic=self.clinic,
                    original_name="film.png",
                    original=f"originals/{name}",
                    sha256=name,
                    size_bytes=1,
                    media_type="image/png",
                    width=512,
                    height=512,
                )
            )
        Scan.objects.bulk_create(made)
        return list(Scan.objects.order_by("-pk")[:count])[::-1]
