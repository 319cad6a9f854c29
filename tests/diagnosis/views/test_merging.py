"""An administrator merges two records on the patient's page and parts them again; nobody else may."""

from django.test import Client

from tests.conftest import Cast
from tests.diagnosis.views.intake.test_correcting import as_shown
from tests.diagnosis.views.pages import text_of
from tests.diagnosis.views.worklist.page import studies_in
from tests.films import analysed_scan


def test_two_records_become_one_and_two_again(administrator: Client, cast: Cast) -> None:
    one = analysed_scan(cast.clinic_a, cast.doctor, number="7", seed=1).study
    other = analysed_scan(cast.clinic_a, cast.doctor, number="007", seed=2).study
    address = f"/patients/{other.patient.public_id}/"
    page = text_of(administrator.get(address))
    assert "number looks almost the same" in page
    assert "This is the same person as another patient" in page
    said = text_of(administrator.post(f"{address}merge/", {"number": "7", "reason": "typed"}, follow=True))
    assert "is merged into this record" in said
    assert "2 studies" in said
    assert studies_in(administrator, q="007") == studies_in(administrator, q="7")
    assert "This record was merged" in text_of(administrator.get(address))
    said = text_of(administrator.post(f"{address}unmerge/", follow=True))
    assert "parted again" in said
    assert "1 study" in text_of(administrator.get(f"/patients/{one.patient.public_id}/"))


def test_a_wrong_number_comes_back_with_what_was_typed(administrator: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor, number="7").study
    for number, words in [
        ("8", "No other patient"),
        ("7", "No other patient"),
        ("", "This field is required"),
    ]:
        sent = {"number": number, "reason": "typed twice"}
        response = administrator.post(f"/patients/{study.patient.public_id}/merge/", sent)
        assert response.status_code == 422
        assert words in text_of(response)
        assert "typed twice" in response.content.decode()


def test_who_merges_or_edits_after_a_colleague_merged_is_told_and_loses_nothing(
    administrator: Client, cast: Cast
) -> None:
    one = analysed_scan(cast.clinic_a, cast.doctor, number="7", seed=1).study
    other = analysed_scan(cast.clinic_a, cast.doctor, number="007", seed=2).study
    address = f"/patients/{other.patient.public_id}/"
    typed = as_shown(administrator, f"{address}edit/") | {"last_name": "Newer"}
    sent = {"number": "7", "reason": "typed twice"}
    assert administrator.post(f"{address}merge/", sent).status_code == 302
    again = administrator.post(f"{address}merge/", sent)
    assert again.status_code == 422
    assert "Nothing was merged. One of the two was already merged" in text_of(again)
    assert "typed twice" in text_of(again)
    edited = administrator.post(f"{address}edit/", typed)
    assert edited.status_code == 422
    assert f"This record was merged into that of {one.patient}. Nothing was changed." in text_of(edited)
    assert 'value="Newer"' in edited.content.decode()
    other.patient.refresh_from_db()
    assert other.patient.last_name == "Phantom"
    assert f"{address}edit/" not in administrator.get(address).content.decode()


def test_a_doctor_is_not_offered_it(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    assert "same person" not in text_of(doctor.get(f"/patients/{study.patient.public_id}/"))
