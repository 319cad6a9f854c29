"""The ledger of refusals: counts by clinic and reason, for administrators and operators."""

from collections.abc import Callable

from django.test import Client

from accounts.models import User
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import model_version, predict, queued_scan, refused_scan


def films(cast: Cast) -> None:
    model_version()
    refused_scan(cast.clinic_a, cast.doctor)
    scan = queued_scan(cast.clinic_a, cast.doctor, number="P-9", seed=9)
    scan.is_phantom = False
    scan.save()
    predict(scan, corrections=["inverted"], cautions=["too_dark"])
    refused_scan(cast.clinic_b, cast.stranger, code="lungs_cut_off", seed=2)


def test_an_administrator_sees_the_counts_of_the_own_clinic(administrator: Client, cast: Cast) -> None:
    films(cast)
    page = text_of(administrator.get("/refusals/"))
    assert "of 2 films" in page
    for line in (
        "Refused Lateral view 1 50 %",
        "Corrected Inverted 1 50 %",
        "Read with caution Too dark 1 50 %",
    ):
        assert line in page
    assert "Clinic B" not in page
    assert "Phantom" not in page
    assert 'href="/refusals/"' in administrator.get("/worklist/").content.decode()


def test_an_operator_sees_every_clinic_and_no_patient(
    signed_in: Callable[[User], Client], cast: Cast
) -> None:
    films(cast)
    page = text_of(signed_in(cast.operator).get("/refusals/"))
    assert "Clinic A" in page
    assert "Lungs cut off 1 100 %" in page
    assert "R-0" not in page


def test_the_file_holds_the_same_figures(administrator: Client, cast: Cast) -> None:
    films(cast)
    answer = administrator.get("/refusals/file/")
    table = b"".join(answer.streaming_content).decode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="refusals.csv"'
    assert "Refused,Lateral view,lateral,1,2,0.5000" in table
    assert "Clinic B" not in table


def test_an_operator_takes_the_appealed_films_by_public_id(
    signed_in: Callable[[User], Client], doctor: Client, cast: Cast
) -> None:
    model_version()
    scan = refused_scan(cast.clinic_a, cast.doctor)
    doctor.post(f"/scans/{scan.public_id}/appeal/")
    operator = signed_in(cast.operator)
    shown = operator.get("/admin/diagnosis/checkentry/?kind__exact=appealed")
    assert str(scan.public_id) in shown.content.decode()
    entry = scan.checks.get(kind="appealed")
    sent = {"action": "as_csv", "_selected_action": [entry.pk]}
    answer = operator.post("/admin/diagnosis/checkentry/", sent)
    table = b"".join(answer.streaming_content).decode()
    assert str(scan.public_id) in table
    for secret in ("Ada", "R-0", "film.png"):
        assert secret not in table
