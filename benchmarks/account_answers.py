"""Measures whether the time of an answer tells that an address has an account.

    .venv/bin/python benchmarks/account_answers.py [--rounds 8]

Registering, signing in with a wrong password and asking for a new password, each for an address with an
account and for one without, another one each time, in turns; password hashing and mail (to files) as in
production. Printed are the medians and their ratio. Target: between 0.8 and 1.25, or less than 30 ms apart,
on a quiet machine.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ["HASHED_STATIC"] = "false"  # nothing was collected for a measurement
import trial  # first: it sets Django up
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import Approval, Clinic, Role, User


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    print(trial.machine())
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    clinic = trial.set_up().clinic
    bad = 0
    for name, send in (("register", registration(clinic)), ("sign in", sign_in), ("new password", forgotten)):
        bad += not compare(name, send, clinic, rounds)
    return 1 if bad else 0


def registration(clinic: Clinic) -> Callable[[str], None]:
    def send(email: str) -> None:
        secret = "a long enough secret"
        facts = {
            "first_name": "Nora",
            "last_name": "New",
            "licence_number": "A-77",
            "speciality": "Radiology",
        }
        typed = {"email": email, "clinic": clinic.pk, "role": Role.DOCTOR.value, **facts}
        answer = Client().post(reverse("account_signup"), {**typed, "password1": secret, "password2": secret})
        assert answer.status_code == 302, answer.content.decode()

    return send


def sign_in(email: str) -> None:
    assert Client().post(reverse("account_login"), {"login": email, "password": "wrong"}).status_code == 200


def forgotten(email: str) -> None:
    assert Client().post(reverse("account_reset_password"), {"email": email}).status_code == 302


def account(email: str, clinic: Clinic) -> None:
    user = User.objects.create_user(
        email, "correct horse battery", clinic=clinic, role=Role.DOCTOR, approval=Approval.APPROVED
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def compare(name: str, send: Callable[[str], None], clinic: Clinic, rounds: int) -> bool:
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(rounds + 1):
        mine = f"{name.replace(' ', '')}{number}@a.example"
        account(f"known{mine}", clinic)
        for which, email in (("known", f"known{mine}"), ("unknown", mine)):
            cache.clear()  # no limit on how often
            started = time.perf_counter()
            send(email)
            taken[which].append(time.perf_counter() - started)
    known, unknown = (
        statistics.median(taken[which][1:]) for which in ("known", "unknown")
    )  # the first warms up
    print(f"{name:13} known {known:.3f} s, unknown {unknown:.3f} s, ratio {known / unknown:.2f}")
    return 0.8 <= known / unknown <= 1.25 or abs(known - unknown) < 0.03


if __name__ == "__main__":
    sys.exit(main())
