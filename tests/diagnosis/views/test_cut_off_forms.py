"""A form that ends before its last boundary is refused in words, and nothing of it is kept."""

import pytest
from django.test import Client

from accounts import tokens
from diagnosis.models import Patient, Study
from tests.conftest import Cast
from tests.films import phantom_png

BOUNDARY = "a-line"
FACTS = {
    "patient_number": "P-9",
    "patient_last_name": "Byron",
    "patient_first_name": "Ada",
    "reason": "cough",
}


def form(*, whole: bool, after: bytes = b"") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'.encode()
    texts = [head + f'{name}"\r\n\r\n{text}\r\n'.encode() for name, text in FACTS.items()]
    film = head + b'film"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + phantom_png() + b"\r\n"
    return b"".join([*texts, film, f"--{BOUNDARY}--\r\n".encode() if whole else b"", after])


@pytest.mark.parametrize(
    "body", [form(whole=False), form(whole=False)[:-5000], form(whole=False) + f"--{BOUNDARY}\r\n".encode()]
)
@pytest.mark.parametrize("address", ["/studies/new/", "/api/v1/studies/"])
def test_it_is_refused_and_nothing_is_kept(cast: Cast, address: str, body: bytes) -> None:
    _, key = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    client, headers = Client(), {"Authorization": f"Token {key}"} if "api" in address else {}
    if not headers:
        client.force_login(cast.technician)
    media_type = f"multipart/form-data; boundary={BOUNDARY}"
    response = client.post(address, body, content_type=media_type, headers=headers)
    assert response.status_code == 400
    assert "ends before its last boundary" in response.content.decode()
    assert not Study.objects.exists()
    assert not Patient.objects.exists()


@pytest.mark.parametrize("after", [b"", b"what a program writes after it\r\n"])
def test_a_whole_one_is_taken(cast: Cast, after: bytes) -> None:
    _, key = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    response = Client().post(
        "/api/v1/studies/",
        form(whole=True, after=after),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers={"Authorization": f"Token {key}"},
    )
    assert response.status_code in (200, 201, 202), response.content
    assert Study.objects.count() == 1
