"""A program reads why a film was refused, what was corrected, what the checks warn of, and of the age."""

from diagnosis.models import Scan
from diagnosis.services import undoing
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.films import model_version, predict, queued_scan, refused_scan


def film_of(computer: Computer, scan: Scan) -> dict[str, object]:
    answer = computer.read(f"{STUDIES}{scan.study.public_id}/")
    assert answer.status_code == 200
    film: dict[str, object] = answer.json()["films"][0]
    return film


def test_a_refusal_says_code_sentence_advice_and_confidence(computer: Computer, cast: Cast) -> None:
    model_version()
    film = film_of(computer, refused_scan(cast.clinic_a, cast.doctor))
    refusal = film["refusal"]
    assert isinstance(refusal, dict)
    assert (refusal["code"], refusal["confidence"], refusal["appealed"]) == ("lateral", 0.97, False)
    assert refusal["title"] == "Lateral view"
    assert refusal["message"].startswith("This is a lateral view.")
    assert "Send the frontal film" in refusal["advice"]


def test_corrections_cautions_and_age_stand_with_the_prediction(computer: Computer, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    scan.refresh_from_db()
    predict(scan, corrections=["inverted"], cautions=["too_flat"])
    film = film_of(computer, scan)
    said = film["prediction"]
    assert isinstance(said, dict)
    assert [found["code"] for found in said["corrections"]] == ["inverted"]
    assert [found["code"] for found in said["cautions"]] == ["too_flat"]
    assert said["age_caution"]["code"] == "age_unknown"
    assert (film["refusal"], said["triage"], film["correction_undone"]) == (None, "unsure", False)
    undoing.undo_correction(scan=Scan.objects.get(pk=scan.pk), person=cast.doctor)
    film = film_of(computer, scan)
    assert (film["prediction"], film["correction_undone"]) == (None, True)
