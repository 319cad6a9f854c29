"""A study's page, a page's text as somebody reads it, and how htmx asks for a part of one."""

import re

from django.test import Client

from diagnosis.models import Scan

HTMX = {"HX-Request": "true"}


def text_of(response: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def page_of(client: Client, scan: Scan) -> str:
    response = client.get(f"/studies/{scan.study.public_id}/")
    assert response.status_code == 200
    return text_of(response)
