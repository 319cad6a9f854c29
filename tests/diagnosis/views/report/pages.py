"""The printable report as somebody reads it, and a review to print."""

import re

from django.test import Client

from accounts.models import User
from diagnosis.models import Decision, Scan
from diagnosis.services import review


def text_of(client: Client, study: object) -> str:
    response = client.get(f"/studies/{study.public_id}/report/")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def sign_covid(scan: Scan, doctor: User) -> None:
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=doctor,
        decision=Decision.CHANGE,
        finding="covid19",
        note="Ground glass, both sides",
    )
