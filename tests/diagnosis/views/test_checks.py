"""What the checks said of a film is written over it and beside it, and one click answers them."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, Clinic
from diagnosis.models import Patient, Scan, Study
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of
from tests.films import predict, queued_scan, refused_scan


def read_film(cast: Cast, **quality: object) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    scan.refresh_from_db()
    predict(scan, **quality)  # type: ignore[arg-type]  # any of its keywords
    return scan


def over_the_film(client: Client, scan: Scan) -> str:
    shown = client.get(f"/studies/{scan.study.public_id}/").content.decode()
    start = shown.find('class="over-film"')
    return shown[start : shown.find('class="stage"', start)] if start >= 0 else ""


def test_the_reason_of_a_refusal_stands_over_the_film_and_in_the_worklist(doctor: Client, cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    assert "Refused: Lateral view" in over_the_film(doctor, scan)
    page = page_of(doctor, scan)
    assert "sure to 97 %" in page
    assert "This is a lateral view." in page
    assert "Refused: Lateral view" in text_of(doctor.get("/worklist/"))


def test_a_technician_appeals_in_one_click_and_a_doctor_signs_meanwhile(
    doctor: Client, technician: Client, cast: Cast
) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    assert "This is a frontal chest film" in page_of(technician, scan)
    done = technician.post(f"/scans/{scan.public_id}/appeal/", follow=True)
    assert "kept for training the next network" in text_of(done)
    page = page_of(doctor, scan)
    assert "Technician Test says that this is a frontal chest film" in page
    assert (
        f"/scans/{scan.public_id}/appeal/"
        not in doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    )
    signed = doctor.post(
        f"/scans/{scan.public_id}/review/",
        {"decision": "read", "finding": "normal", "study": scan.study.public_id},
        follow=True,
    )
    assert "Your review is signed" in text_of(signed)
    again = technician.post(f"/scans/{scan.public_id}/appeal/", follow=True)
    assert "nothing to do" in text_of(again)


def test_a_correction_stands_over_the_film_and_one_click_undoes_it(technician: Client, cast: Cast) -> None:
    scan = read_film(cast, corrections=["rotated_180"])
    over = over_the_film(technician, scan)
    assert "Turned by 180°: it came upside down" in over
    assert f'action="/scans/{scan.public_id}/undo-correction/"' in over
    assert "it came upside down" in text_of(technician.get("/worklist/"))
    assert "it came upside down" in text_of(technician.get(f"/studies/{scan.study.public_id}/report/"))
    assert "Abnormal · 80 %" in page_of(technician, scan)
    technician.post(f"/scans/{scan.public_id}/undo-correction/")
    page = page_of(technician, scan)
    assert "A person reads this film first" in page
    assert "Technician Test undid its correction" in page
    assert "undid the correction of film 1" in page
    assert "Abnormal ·" not in page
    assert over_the_film(technician, scan) == ""
    assert "Correction undone: a person reads first" in text_of(technician.get("/worklist/"))
    assert AuditEvent.objects.filter(action="scan.correction_undone").count() == 1
    technician.post(f"/scans/{scan.public_id}/undo-correction/")
    assert AuditEvent.objects.filter(action="scan.correction_undone").count() == 1


@pytest.mark.parametrize(
    ("code", "words", "headline"),
    [
        ("mirrored_suspected", "may be mirrored", "cannot judge this film"),
        ("several_films", "Send each as a file of its own", "cannot judge this film"),
        ("something_new", "something new. Read it with care", "cannot judge this film"),
        ("burnt_in_text_suspected", "check that it is not a name", "Abnormal · 80 %"),
    ],
)
def test_a_caution_is_a_sentence_with_what_to_do(
    doctor: Client, cast: Cast, code: str, words: str, headline: str
) -> None:
    scan = read_film(cast, cautions=[code])
    page = page_of(doctor, scan)
    assert words in page
    assert headline in page
    assert words in text_of(doctor.get(f"/studies/{scan.study.public_id}/report/"))


def test_a_child_gets_percentages_with_words_and_no_advice(doctor: Client, cast: Cast) -> None:
    scan = read_film(cast)
    Patient.objects.update(birth_date=f"{scan.study.taken_at.year - 6}")
    page = page_of(doctor, scan)
    assert "adults only" in page
    assert "Abnormal · 80 %" in page
    assert "Suggested:" not in page
    assert "Not learned at this age: no advice" in text_of(doctor.get("/worklist/"))
    # So do lists of the patient's studies, and the study as a prior one of another.
    patient = scan.study.patient
    assert "Not learned at this age" in text_of(doctor.get(f"/patients/{patient.public_id}/"))
    later = queued_scan(cast.clinic_a, cast.doctor, number="P-9", seed=4)
    Study.objects.filter(pk=later.study_id).update(patient=patient)
    assert "Not learned at this age" in text_of(doctor.get(f"/studies/{later.study.public_id}/"))
    report = text_of(doctor.get(f"/studies/{scan.study.public_id}/report/"))
    assert "adults only" in report
    assert "Suggested:" not in report
    Patient.objects.update(birth_date="1961")
    page = page_of(doctor, scan)
    assert "adults only" not in page
    assert "Suggested: admit, PCR" in page


def test_an_unknown_age_is_said(doctor: Client, cast: Cast) -> None:
    assert "Age not known: the network learned" in page_of(doctor, read_film(cast))


def test_an_administrator_has_senders_of_refused_films_mailed(administrator: Client, cast: Cast) -> None:
    assert "Mail the sender of a film that is refused" in text_of(administrator.get("/accounts/clinic/"))
    for sent, wanted in (({"mails_refusals": "on"}, True), ({}, False)):
        administrator.post("/accounts/clinic/", sent)
        assert Clinic.objects.get(pk=cast.clinic_a.pk).mails_refusals == wanted
    assert list(
        AuditEvent.objects.filter(action__startswith="clinic.mails").values_list("action", flat=True)
    ) == ["clinic.mails_refusals", "clinic.mails_no_refusals"]
