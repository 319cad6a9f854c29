"""The demonstration is loaded once, by the door that every film takes, and then belongs to its users."""

from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent, Clinic, User
from diagnosis.management import demo_films
from diagnosis.management.commands.load_demo import MEMBERS, PASSWORD
from diagnosis.models import Door, Patient, Scan, ScanStatus, Study
from diagnosis.services import messenger, registry
from tests.diagnosis.bundles import light
from tests.films import phantom_png


@pytest.fixture(autouse=True)
def beside_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None, settings: SettingsWrapper
) -> None:
    """No broker, no public films beside the repository, and a small network that ships."""
    shipped = light(tmp_path / "bundle").path
    monkeypatch.setattr(registry, "shipped_bundle", lambda: shipped)
    monkeypatch.setattr(messenger, "announce", lambda scan_id: None)
    monkeypatch.delenv("CARINA_CXR_DATA", raising=False)
    settings.BASE_DIR = tmp_path / "repository"


@pytest.fixture
def two_films(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the number of films does not matter: drawing a dozen takes seconds."""
    monkeypatch.setattr(demo_films, "phantoms", lambda phantoms=demo_films.phantoms: phantoms(2))


def load(**options: object) -> str:
    out = StringIO()
    call_command("load_demo", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_without_films_it_shows_phantoms_that_say_so(settings: SettingsWrapper) -> None:
    load()
    scans = Scan.objects.select_related("study__patient")
    assert scans.count() == demo_films.DOZEN
    assert all(scan.is_phantom and scan.status == ScanStatus.QUEUED for scan in scans)
    assert {scan.study.door for scan in scans} == {Door.DEMO}
    assert len({scan.study.patient_id for scan in scans}) == demo_films.DOZEN
    assert all("phantom" in scan.study.reason for scan in scans)
    assert str(registry.active_model()) == "light 1.0.0"


def test_everybody_can_log_in_with_the_password_that_is_printed(two_films: None) -> None:
    said = load()
    assert PASSWORD in said
    for member in MEMBERS:
        assert member.email in said
        assert EmailAddress.objects.get(email=member.email).verified
        client = Client()
        client.post("/accounts/login/", {"login": member.email, "password": PASSWORD})
        assert "_auth_user_id" in client.session, member.email
    assert Study.objects.exclude(clinic__name="Riverside Hospital").count() == 0


def test_a_second_run_changes_nothing_that_a_user_made(two_films: None) -> None:
    load()
    doctor = User.objects.get(email="doctor@riverside.example")
    doctor.set_password("a new and better one")
    doctor.last_name = "Married"
    doctor.save()
    User.objects.get(email="technician@riverside.example").delete()
    Patient.objects.filter(number="DEMO-001").update(first_name="Changed", number="X-1")
    Clinic.objects.filter(name="Hillview Clinic").update(name="Hill & View")
    scans, events = Scan.objects.count(), AuditEvent.objects.count()
    load()
    doctor.refresh_from_db()
    assert doctor.check_password("a new and better one")
    assert doctor.last_name == "Married"
    assert not User.objects.filter(email="technician@riverside.example").exists()
    assert Patient.objects.get(number="X-1").first_name == "Changed"
    assert not Patient.objects.filter(number="DEMO-001").exists()
    assert not Clinic.objects.filter(name="Hillview Clinic").exists()
    assert (Scan.objects.count(), AuditEvent.objects.count()) == (scans, events)


def test_a_network_that_an_operator_chose_goes_on_answering(two_films: None, tmp_path: Path) -> None:
    load()
    other = registry.register(bundle_path=light(tmp_path / "other", version="2").path, actor="test")
    registry.promote(model_version=other, actor="test")
    load()
    assert registry.active_model() == other


def test_a_folder_of_films_is_loaded_and_a_bad_one_named(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "chest.png").write_bytes(phantom_png(1))
    (folder / "notes.txt").write_text("no film")
    (folder / "broken.jpg").write_bytes(b"%PDF-1.4")
    said = load(films=folder)
    scan = Scan.objects.get()
    assert (scan.original_name, scan.is_phantom) == ("chest.png", False)
    assert "broken.jpg" in said
    (folder / "another.png").write_bytes(phantom_png(2))
    load(films=folder)
    assert Scan.objects.count() == 2
    with pytest.raises(CommandError, match="There is no folder"):
        load(films=tmp_path / "nowhere")


def test_public_films_come_from_the_test_split_and_do_not_tell_their_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["file,label,split,source,group,sex,age"]
    for number in range(24):
        label = ("covid19", "pneumonia", "normal")[number % 3]
        split = "train" if number < 6 else "test"
        source = "kermany" if number % 2 else "hannover"
        path = tmp_path / f"images/{label}-{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.effect_noise((100, 100), number + 1).convert("L").save(path)
        rows.append(f"images/{path.name},{label},{split},{source},g{number // 2 * 2},f,4")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    monkeypatch.setenv("CARINA_CXR_DATA", str(tmp_path))
    load()
    scans = list(Scan.objects.select_related("study__patient"))
    assert 6 <= len(scans) <= demo_films.DOZEN
    trained_on = {demo_films.DemoFilm(path.read_bytes(), "", "").sha256 for path in training_files(tmp_path)}
    assert not trained_on & {scan.sha256 for scan in scans}
    assert len({scan.study.reason for scan in scans}) == 2, "films of both sources"
    shown = " ".join(f"{scan.original_name} {scan.study.reason} {scan.study.patient}" for scan in scans)
    for label in ("covid", "pneumonia", "normal"):
        assert label not in shown.lower()
    today = scans[0].study.created_at.date()
    assert {scan.study.patient.age_on(today) for scan in scans} <= {4, 5}


def training_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "images").iterdir() if int(path.stem.rpartition("-")[2]) < 6]


def test_a_production_portal_gets_no_accounts_that_everybody_knows(settings: SettingsWrapper) -> None:
    settings.HTTPS = True
    with pytest.raises(CommandError, match="--yes"):
        load()
    assert not User.objects.exists()
