"""What a page does not offer is refused in words, never an error page."""

import pytest
from django.test import Client

from tests.accounts.person_page import PEOPLE, page_of
from tests.conftest import Cast


@pytest.mark.parametrize("key", [str(2**63), "9" * 40, "-1", "1.0", "²", "", "x"])
def test_an_action_on_what_can_be_nobodys_key(operator: Client, key: str) -> None:
    answer = operator.post(PEOPLE, {"action": "approve_selected", "_selected_action": [key]})
    assert answer.status_code == 400
    assert "no such search or filter" in answer.content.decode()


def test_the_page_of_a_person_takes_the_way_back_and_nothing_else(operator: Client, cast: Cast) -> None:
    page = page_of(cast.doctor)
    assert operator.get(page, {"_changelist_filters": "q=ada"}).status_code == 200
    for name in ("_popup", "_to_field", "q"):
        assert operator.get(page, {name: "1"}).status_code == 400, name
