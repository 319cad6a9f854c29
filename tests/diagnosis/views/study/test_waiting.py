"""A film that waits can be read, and the page brings its result by itself."""

from django.test import Client

from diagnosis.models import Scan, ScanStatus
from tests.conftest import Cast
from tests.diagnosis.views.pages import HTMX, page_of
from tests.films import analysed_scan, predict, queued_scan


def test_a_waiting_film_shows_how_many_go_first_of_all_clinics_by_turns(doctor: Client, cast: Cast) -> None:
    for seed in range(2):
        queued_scan(cast.clinic_b, cast.stranger, number=f"B-{seed}", seed=seed)
    scan = queued_scan(cast.clinic_a, cast.doctor, seed=9)
    assert "1 film before this one" in page_of(doctor, scan), "the other clinic's second film waits its turn"
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.ANALYSING)
    assert "The network is reading this film" in page_of(doctor, scan)


def test_a_waiting_film_can_be_read_without_the_network(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address, film = f"/studies/{scan.study.public_id}/", f"/scans/{scan.public_id}"
    page = doctor.get(address).content.decode()
    assert f'href="{film}/original/"' in page
    assert f'src="{film}/display/"' not in page
    predict(scan)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.ANALYSING)
    page = doctor.get(address).content.decode()
    assert f'href="{film}/original/"' in page
    assert f'src="{film}/display/"' in page


def test_the_page_polls_while_a_film_waits_and_stops_when_all_are_final(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address = f"/studies/{scan.study.public_id}/"
    assert 'id="poll"' in doctor.get(address).content.decode()
    short = str(scan.public_id)[:8]
    waiting = doctor.get(f"{address}result/", {"p": short}, headers=HTMX).content.decode()
    assert 'id="poll"' in waiting
    predict(scan)
    done = doctor.get(f"{address}result/", {"p": short}, headers=HTMX).content.decode()
    assert 'id="poll"' not in done
    assert f'id="scan-{scan.public_id}" hx-swap-oob="true"' in done
    assert "Abnormal · " in done
    assert "To review" in done


def test_a_poll_leaves_films_alone_that_the_page_shows_already(doctor: Client, cast: Cast) -> None:
    """A doctor may be writing a note there."""
    done = analysed_scan(cast.clinic_a, cast.doctor)
    waiting = queued_scan(cast.clinic_a, cast.doctor, seed=5)
    Scan.objects.filter(pk=waiting.pk).update(study=done.study)
    answer = doctor.get(
        f"/studies/{done.study.public_id}/result/", {"p": str(waiting.public_id)[:8]}, headers=HTMX
    ).content.decode()
    assert f'id="scan-{waiting.public_id}"' in answer
    assert f'id="scan-{done.public_id}"' not in answer
