"""Loads demonstration data: two clinics with their people, three weeks of studies, and the shipped network.

Everything loaded is recorded in the audit chain (`demo.loaded`) and never loaded again: a second run does not
bring back what somebody deleted or overwrite what somebody changed.
"""

from argparse import ArgumentParser
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.demo import PASSWORD
from accounts.models import Approval, AuditEvent, Clinic, Role, User
from diagnosis.cnn.bundle import BundleError
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.management import demo_films, demo_loading
from diagnosis.management.demo_films import DemoFilm, Stock
from diagnosis.management.demo_loading import ACTOR, born
from diagnosis.management.demo_story import HILLVIEW, RIVERSIDE
from diagnosis.models import Covers, Door, ModelVersion, Patient
from diagnosis.services import limits, patients, reading_agreements, registry, studies
from diagnosis.services.intake.films import receive
from diagnosis.services.limits import LimitsRefused

DEFAULT_FILMS = "demo:films"
OPERATOR = "operator@carina.example"
AGREEMENT = "demo:agreement"
LIMITS_REASON = "Demonstration: it shows what decisions look like"


@dataclass(frozen=True)
class Member:
    """An account of the demonstration."""

    email: str
    first_name: str
    last_name: str
    role: str
    clinic: str = ""
    licence_number: str = ""
    speciality: str = ""

    @property
    def line(self) -> str:
        what = f"{Role(self.role).label}, {self.clinic}" if self.clinic else "Operator of the installation"
        return f"  {self.email:32}{what}"


MEMBERS = (
    Member("administrator@riverside.example", "Ruth", "Aldana", Role.ADMINISTRATOR, RIVERSIDE),
    Member("doctor@riverside.example", "Mira", "Castellan", Role.DOCTOR, RIVERSIDE, "RV-1041", "Radiology"),
    Member("colleague@riverside.example", "Jon", "Whitlock", Role.DOCTOR, RIVERSIDE, "RV-2210", "Pneumology"),
    Member("technician@riverside.example", "Sam", "Odeh", Role.TECHNICIAN, RIVERSIDE),
    Member("administrator@hillview.example", "Tom", "Reyes", Role.ADMINISTRATOR, HILLVIEW),
    Member("technician@hillview.example", "Ada", "Mbeki", Role.TECHNICIAN, HILLVIEW),
    Member("doctor@hillview.example", "Lena", "Brandt", Role.DOCTOR, HILLVIEW, "HV-0007", "General medicine"),
    Member(OPERATOR, "Olu", "Stein", Role.ADMINISTRATOR),
)


class Command(BaseCommand):
    help = "Load the demonstration: accounts with a known password, films and the shipped network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--films", type=Path, help="load the PNG and JPEG files of this folder")
        parser.add_argument("--yes", action="store_true", help="load it even into a production portal")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS and not options["yes"]:
            raise CommandError(
                "This portal runs with production settings (HTTPS): the demonstration's accounts have a "
                "publicly known password. Use --yes if that is what you want."
            )
        films = Path(options["films"]) if options["films"] else None
        if films and not films.is_dir():
            raise CommandError(f"There is no folder {films}: name one that holds films with --films.")
        loaded = set(AuditEvent.objects.filter(action="demo.loaded").values_list("subject", flat=True))
        shipped = self._network()
        for member in MEMBERS:
            if f"demo:{member.email}" not in loaded:
                _add_member(member)
        if AGREEMENT not in loaded:
            _agree()
        if shipped is not None:  # one that an operator promoted is on probation here, too
            self._limits(shipped, loaded)
        self._films(films, loaded)
        self._greet()

    def _network(self) -> ModelVersion | None:
        """Register the shipped network and return it; activate it if no other is active."""
        try:
            model_version = registry.register(bundle_path=registry.shipped_bundle(), actor=ACTOR)
            if registry.active_model() is None:
                registry.promote(model_version=model_version, actor=ACTOR)
        except BundleError as error:
            self.stderr.write(f"The shipped network was not registered. {error}")
            return None
        return model_version

    def _limits(self, model_version: ModelVersion, loaded: set[str]) -> None:
        """Let the operator accept the shipped network's limits, so that the demonstration shows decisions."""
        operator = User.objects.filter(email=OPERATOR).first()
        if operator is None:
            return
        for clinic in Clinic.objects.filter(name__in=(RIVERSIDE, HILLVIEW)):
            subject = f"demo:limits:{clinic.public_id}:{model_version.public_id}"
            if subject in loaded:
                continue
            with transaction.atomic():
                try:
                    limits.accept(
                        clinic=clinic, model_version=model_version, operator=operator, reason=LIMITS_REASON
                    )
                except LimitsRefused as refused:
                    self.stderr.write(refused.message)
                audit.record(actor=ACTOR, action="demo.loaded", subject=subject, clinic=clinic)

    def _films(self, folder: Path | None, loaded: set[str]) -> None:
        if folder is None:
            if DEFAULT_FILMS not in loaded:
                demo_loading.tell(Stock(demo_films.cxr_folder()), loaded)
                audit.record(actor=ACTOR, action="demo.loaded", subject=DEFAULT_FILMS)
            return
        clinic = Clinic.objects.filter(name=RIVERSIDE).first()
        if clinic is None:
            return
        number = sum(subject.startswith("demo:film:") for subject in loaded)
        for film in demo_films.from_folder(folder):
            subject = f"demo:film:{film.sha256}"
            if subject in loaded:
                continue
            loaded.add(subject)
            number = _next_free(clinic, number)
            try:
                _add_film(clinic, film, number, subject)
            except FilmRefused as refusal:
                self.stdout.write(f"{refusal}")
        if not number:
            self.stdout.write(f"No PNG or JPEG film was found in {folder}.")

    def _greet(self) -> None:
        self.stdout.write(f"Demonstration logins, the password of each is {PASSWORD}")
        for member in MEMBERS:
            self.stdout.write(member.line)


def _next_free(clinic: Clinic, number: int) -> int:
    """The next number that no patient has; users may have taken some."""
    number += 1
    while Patient.objects.filter(clinic=clinic, number=_patient_number(number)).exists():
        number += 1
    return number


def _patient_number(number: int) -> str:
    return f"FILM-{number:03}"


@transaction.atomic
def _agree() -> None:
    """Riverside reads for Hillview, as if the administrators of both had signed; not where one is gone."""
    asks, accepts = (
        User.objects.filter(email=f"administrator@{place}.example", is_active=True).first()
        for place in ("hillview", "riverside")
    )
    if asks is not None and accepts is not None and accepts.clinic is not None:
        terms = reading_agreements.Terms(covers=Covers.ALL, first_day=timezone.localdate())
        try:
            agreement = reading_agreements.ask(by=asks, reading_clinic=accepts.clinic, terms=terms)
            reading_agreements.accept(agreement=agreement, by=accepts)
        except reading_agreements.AgreementRefused:  # they have agreed on something else meanwhile
            return
    audit.record(actor=ACTOR, action="demo.loaded", subject=AGREEMENT)


@transaction.atomic
def _add_member(member: Member) -> None:
    """Create an approved user with a confirmed address; an existing account is left as it is."""
    stored = []
    clinic, is_new = Clinic.objects.get_or_create(name=member.clinic) if member.clinic else (None, False)
    if clinic and is_new:
        stored.append(audit.Stored(clinic))
    if not User.objects.filter(email=member.email).exists():
        user = User.objects.create_user(
            member.email,
            PASSWORD,
            first_name=member.first_name,
            last_name=member.last_name,
            role=member.role,
            clinic=clinic,
            licence_number=member.licence_number,
            speciality=member.speciality,
            approval=Approval.APPROVED,
            approval_decided_at=timezone.now(),
            is_staff=member.role == Role.ADMINISTRATOR,
            is_superuser=clinic is None,
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        stored.append(audit.Stored(user))
    audit.record(
        actor=ACTOR, action="demo.loaded", subject=f"demo:{member.email}", clinic=clinic, rows=stored
    )


@transaction.atomic
def _add_film(clinic: Clinic, film: DemoFilm, number: int, subject: str) -> None:
    """Create a patient and a study for the film and take it in like any other.

    Raises FilmRefused, and then keeps nothing.
    """
    person = demo_films.person_for(film)
    patient = patients.find_or_create_patient(
        clinic=clinic,
        number=_patient_number(number),
        actor=ACTOR,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=born(person.age, number),
        sex=person.sex,
    )
    study = studies.create_study(
        patient=patient, actor=ACTOR, door=Door.DEMO, reason=f"Demonstration: {film.origin}"
    )
    receive(study=study, film=BytesIO(film.content), name=film.name, actor=ACTOR, is_phantom=film.is_phantom)
    audit.record(actor=ACTOR, action="demo.loaded", subject=subject, clinic=clinic)
