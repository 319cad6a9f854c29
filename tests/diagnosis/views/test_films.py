"""Pictures: only for the clinic's people, kept privately, asked for again each time."""

import io

import pytest
from django.test import Client
from PIL import Image

from accounts.models import AuditEvent
from diagnosis.models import Scan
from tests.conftest import Cast
from tests.films import analysed_scan, phantom_png, queued_scan


def addresses(scan: Scan) -> list[str]:
    return [
        f"/scans/{scan.public_id}/display/",
        f"/scans/{scan.public_id}/display/?screen",
        f"/scans/{scan.public_id}/thumbnail/",
        f"/scans/{scan.public_id}/thumbnail/?row",
        f"/scans/{scan.public_id}/original/",
        f"/predictions/{scan.predictions.get().public_id}/heatmap/",
    ]


def test_pictures_are_private_and_typed(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    for address in addresses(scan):
        response = technician.get(address)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"].startswith("private")
        assert b"".join(response)[:4] == b"\x89PNG"


def test_strangers_and_nobody_get_no_pixel(stranger: Client, client: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    for address in addresses(scan):
        assert stranger.get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_a_browser_that_has_the_picture_is_told_so(technician: Client, cast: Cast) -> None:
    address = addresses(analysed_scan(cast.clinic_a, cast.doctor))[0]
    etag = technician.get(address).headers["ETag"]
    again = technician.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_a_picture_from_the_browsers_own_cache_is_a_look_like_any_other(
    technician: Client, doctor: Client, cast: Cast
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    for address in addresses(scan):
        etag = technician.get(address).headers.get("ETag", "x")
        doctor.get(address, headers={"If-None-Match": etag})
    looks = AuditEvent.objects.filter(action="study.viewed", study_id=str(scan.study.public_id))
    assert [event.actor for event in looks] == [cast.technician.email, cast.doctor.email]


def test_the_thumbnails_of_a_worklist_are_on_record_with_the_list(technician: Client, cast: Cast) -> None:
    scans = [analysed_scan(cast.clinic_a, cast.doctor, seed=seed) for seed in (1, 2)]
    for _ in range(2):
        technician.get("/worklist/")
        for scan in scans:
            technician.get(f"/scans/{scan.public_id}/thumbnail/")
    event = AuditEvent.objects.exclude(action__startswith="user.").get()
    assert (event.action, event.actor, event.facts["list"]) == (
        "list.viewed", cast.technician.email, "worklist",
    )  # fmt: skip
    assert set(event.facts["shown"]) == {f"study:{scan.study.public_id}" for scan in scans}
    third = analysed_scan(cast.clinic_a, cast.doctor, seed=3)
    technician.get("/worklist/")
    newest = AuditEvent.objects.order_by("sequence").last()
    assert newest is not None
    assert newest.facts["shown"] == [f"study:{third.study.public_id}"]


def test_a_signed_out_browser_cannot_revalidate(technician: Client, client: Client, cast: Cast) -> None:
    address = addresses(analysed_scan(cast.clinic_a, cast.doctor))[0]
    etag = technician.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 302


def test_the_original_is_a_download_as_it_came_and_on_record(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, seed=3)
    Scan.objects.filter(pk=scan.pk).update(original_name='ra"dio\r\nX: y.png')
    response = technician.get(f"/scans/{scan.public_id}/original/")
    assert b"".join(response.streaming_content) == phantom_png(3)
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "X" not in response.headers
    event = AuditEvent.objects.get(action="scan.downloaded")
    assert (event.actor, event.study_id) == (cast.technician.email, str(scan.study.public_id))


@pytest.mark.parametrize("kind", ["display", "thumbnail"])
def test_a_picture_that_is_not_there_yet_is_not_found(technician: Client, cast: Cast, kind: str) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    assert technician.get(f"/scans/{scan.public_id}/{kind}/").status_code == 404


def test_each_size_of_a_picture_has_its_own_place_in_a_browsers_cache(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sizes = {}
    for asked in ("display/", "display/?screen", "thumbnail/", "thumbnail/?row"):
        answer = technician.get(f"/scans/{scan.public_id}/{asked}")
        with Image.open(io.BytesIO(b"".join(answer))) as image:
            sizes[asked] = max(image.size)
        again = technician.get(f"/scans/{scan.public_id}/{asked}", headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304
    assert sizes["display/?screen"] <= 1024
    assert sizes["thumbnail/?row"] == 128
    small, large = (
        technician.get(f"/scans/{scan.public_id}/thumbnail/{how}")["ETag"] for how in ("?row", "")
    )
    assert small != large
