"""A study's page, a page's text as somebody reads it, and how htmx asks for a part of one."""

import re

from django.test import Client

from diagnosis.models import Scan, ScanStatus

HTMX = {"HX-Request": "true"}


def text_of(response: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def page_of(client: Client, scan: Scan) -> str:
    response = client.get(f"/studies/{scan.study.public_id}/")
    assert response.status_code == 200
    return text_of(response)


def what_is_shown(scan: Scan) -> dict[str, str]:
    """The hidden fields of a film's review form, as its page holds them now."""
    result = scan.predictions.order_by("-id").first() if scan.status == ScanStatus.ANALYSED else None
    newest = scan.reviews.order_by("-id").first()
    return {
        "study": str(scan.study.public_id),
        "prediction": str(result.public_id) if result else "",
        "last": str(newest.public_id) if newest else "",
    }
