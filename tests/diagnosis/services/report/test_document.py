"""The document of a signed study says the doctor's word first, and is the same file each time."""

import pytest

from accounts.models import AuditEvent, Clinic
from diagnosis.models import Patient, Report, ReportKind, ReportState, Scan, Study
from diagnosis.services import ages, check_words, report, storage
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import issued, pages_of, place, sign
from tests.films import analysed_scan, predict, queued_scan


@pytest.fixture
def study(cast: Cast) -> Study:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    return Study.objects.get(pk=scan.study_id)


def test_the_impression_stands_before_film_and_network(study: Study, cast: Cast) -> None:
    (page,) = pages_of(report.fetched(report=issued(study, cast.doctor), reader=cast.doctor))
    places = [
        page.index(words)
        for words in (
            "Clinic A",
            "Ada Phantom",
            "IMPRESSION",
            "COVID-19",
            "Ground glass",
            "FILM 1",
            "Network, not",
        )
    ]
    assert places == sorted(places)
    assert "Signed electronically by Doctor Test, licence A-1" in page
    assert "Abnormal · 80 %" in page
    assert "Limits from elsewhere, accepted by Olu Operator" in page
    assert "test-network" in page
    assert "Research use only, not a medical device." in page
    assert "Page 1 of 1" in page


def test_what_the_checks_say_and_an_age_not_learned_stand_on_paper(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Patient.objects.filter(pk=scan.study.patient_id).update(birth_date="2020-05-01")
    predict(scan, corrections=("rotated_180",), cautions=("too_dark",))
    Scan.objects.filter(pk=scan.pk).update(shown_corrections=["rotated_180"], is_phantom=False)
    scan = Scan.objects.select_related("study").get(pk=scan.pk)
    sign(Scan.objects.get(pk=scan.pk), cast.doctor)
    text = " ".join(pages_of(report.fetched(report=issued(scan.study, cast.doctor), reader=cast.doctor)))
    assert "Corrected as said above" in text
    assert "As taken" not in text
    told = ages.caution(scan.predictions.get(), scan, Patient.objects.get(pk=scan.study.patient_id))
    assert told is not None
    for words in (check_words.correction("rotated_180"), check_words.caution("too_dark"), told.text):
        assert words in text


def test_the_network_is_left_out_where_the_clinic_says_so(study: Study, cast: Cast) -> None:
    Clinic.objects.filter(pk=cast.clinic_a.pk).update(network_in_report=False)
    (page,) = pages_of(report.fetched(report=issued(study, cast.doctor), reader=cast.doctor))
    assert "Ground glass" in page
    for word in ("Network, not", "test-network", "80 %", "Differs from the network", "What moved"):
        assert word not in page


def test_one_word_is_one_document_with_the_same_bytes(study: Study, cast: Cast) -> None:
    first = issued(study, cast.doctor)
    content = report.fetched(report=first, reader=cast.doctor)
    assert issued(study, cast.colleague) == first, "the same reviews, the same document"
    storage.path_of(first.file).unlink()
    with pytest.raises(report.Gone, match="missing on this server"):
        report.fetched(report=first, reader=cast.doctor)
    assert report.retry(report=first, actor=cast.doctor)
    report.make_due(seconds=30)
    again = Report.objects.get()
    assert (again.state, again.sha256) == (ReportState.READY, first.sha256)
    assert report.fetched(report=again, reader=cast.doctor) == content


def test_a_document_that_would_come_out_otherwise_is_not_passed_off_as_the_one_issued(
    study: Study, cast: Cast
) -> None:
    first = issued(study, cast.doctor)
    storage.path_of(first.file).unlink()
    storage.path_of(study.scans.get().display).write_bytes(b"")  # its picture is broken by now
    report.retry(report=first, actor=cast.doctor)
    report.make_due(seconds=30)
    assert Report.objects.get().state == ReportState.FAILED


def test_its_hash_is_on_the_chain_and_its_name_tells_nobody(study: Study, cast: Cast) -> None:
    found = issued(study, cast.doctor)
    event = AuditEvent.objects.get(action="report.issued")
    assert event.facts["sha256"] == found.sha256
    assert event.facts["document"] == found.code
    assert event.study_id == str(study.public_id)
    assert "Phantom" not in found.file
    assert study.patient.number not in found.file


def test_an_amendment_is_a_new_document_that_names_the_old_one(study: Study, cast: Cast) -> None:
    first = issued(study, cast.doctor)
    sign(study.scans.get(), cast.colleague, "normal", note="\n".join(["A long note."] * 90))
    second = issued(study, cast.doctor)
    assert (second.kind, second.replaces) == (ReportKind.AMENDED, first)
    pages = pages_of(report.fetched(report=second, reader=cast.doctor))
    assert len(pages) > 1
    assert all("AMENDED" in page for page in pages)
    assert f"this replaces document {first.code}" in pages[0]
    whole = " ".join(pages)
    assert whole.index("Normal") < whole.index("Superseded") < whole.index("COVID-19")
    assert pages_of(report.fetched(report=first, reader=cast.doctor)) != pages, "the old one stays as it was"


def test_a_corrected_name_makes_another_document(study: Study, cast: Cast) -> None:
    first = issued(study, cast.doctor)
    study.patient.last_name = "Corrected"
    study.patient.save()
    second = issued(Study.objects.get(pk=study.pk), cast.doctor)
    assert second.replaces == first
    assert "Ada Corrected" in pages_of(report.fetched(report=second, reader=cast.doctor))[0]


def test_a_study_that_is_not_signed_has_a_draft_alone(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    with pytest.raises(report.NotSigned, match="0 of 1 films are signed"):
        report.issue(study=scan.study, actor=cast.doctor, address=place)
    (page,) = pages_of(report.draft(study=scan.study, reader=cast.doctor))
    assert page.count("DRAFT") >= 3
    assert "Not reviewed by a doctor yet" in page
    assert "To check this paper" not in page
    assert not Report.objects.exists()
    assert not AuditEvent.objects.filter(action="report.issued").exists()


def test_the_newest_earlier_film_of_the_patient_stands_beside_it(study: Study, cast: Cast) -> None:
    earlier = analysed_scan(cast.clinic_a, cast.doctor, seed=1)
    Study.objects.filter(pk=earlier.study_id).update(taken_at=study.taken_at.replace(year=2020))
    other = analysed_scan(cast.clinic_b, cast.stranger, seed=2)
    Study.objects.filter(pk=other.study_id).update(taken_at=study.taken_at.replace(year=2021))
    (page,) = pages_of(report.fetched(report=issued(study, cast.doctor), reader=cast.doctor))
    assert "Earlier film" in page
    assert "2020. Not reviewed" in page
