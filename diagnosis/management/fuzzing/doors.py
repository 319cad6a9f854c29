"""The four doors as senders meet them, and what each said of what came in."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from django.test import Client
from django.urls import reverse

from diagnosis.management.fuzzing.inputs import ADD, FORM, FROM_FILMS, REST, STORE, Input
from diagnosis.management.fuzzing.messages import Message
from diagnosis.management.fuzzing.network import NO_ANSWER, Machine
from diagnosis.models import Study

REFUSED, CONFLICT, KEPT, UNHEARD = "refused", "conflict", "kept", "unheard"
SKIPPED: Final = "skipped"  # a list of a medium: no film
NOT_TAKEN: Final = "not taken"
UNREADABLE: Final = "unreadable header"
_BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True)
class Answer:
    """What a sender heard. outcomes: of each film, counted; status: of the whole, 0 for broken conversations.

    code: why a request as a whole was not taken. is_typed: whether it says so in a form that programs read.
    """

    status: int
    outcomes: Counter[str] = field(default_factory=Counter)
    code: str = ""
    is_typed: bool = True
    told: str = ""


class Doors:
    """Sends inputs through the doors."""

    def __init__(self, *, technician: Any, token: str, study: Study, machine: Machine) -> None:
        self._browser = Client(raise_request_exception=False)
        self._browser.force_login(technician, backend=_BACKEND)
        self._computer = Client(raise_request_exception=False)
        self._token, self._study, self._machine = token, study, machine

    def send(self, sent: Input) -> Answer:
        """Send it and say what was answered."""
        if sent.door == STORE:
            return self._store(sent)
        assert sent.message is not None
        try:
            return self._requested(sent, sent.message)
        except (ValueError, LookupError):  # Django could not read the header; portal.wsgi answers that
            return Answer(400, code=UNREADABLE)

    def _requested(self, sent: Input, message: Message) -> Answer:
        if sent.door == FORM:
            return self._form(sent, message)
        if sent.door == REST:
            return self._rest(message)
        return self._stow(message)

    def _form(self, sent: Input, message: Message) -> Answer:
        page = {
            FROM_FILMS: reverse("study_from_films"),
            ADD: reverse("study_add_scans", args=[self._study.public_id]),
        }.get(sent.page, reverse("study_new"))
        # the page with the form answers our script with addresses, and takes films from a browser without it
        headers = {"accept": "application/json" if sent.page in (FROM_FILMS, ADD) else "text/html"}
        answer = self._browser.post(page, message.body, content_type=message.content_type, headers=headers)
        told = _json(answer)
        outcomes = Counter(_same(film["outcome"]) for film in told.get("films", []))
        is_page = answer.status_code in (200, 302, 400, 413, 415, 422) and bool(
            answer.content or answer.status_code == 302
        )
        return Answer(
            answer.status_code, outcomes, "", is_page or bool(told), answer.content.decode("utf-8", "replace")
        )

    def _rest(self, message: Message) -> Answer:
        answer = self._post(reverse("api_study_list"), message)
        told = _json(answer)
        outcomes = Counter(_same(film["outcome"]) for film in told.get("films", []))
        if answer.status_code >= 400 and not str(told.get("type", "")).endswith("films_on_record"):
            # one refused as a whole keeps nothing of it
            outcomes = Counter({REFUSED: outcomes[REFUSED]}) if outcomes[REFUSED] else Counter()
        return self._problem(answer, told, outcomes)

    def _stow(self, message: Message) -> Answer:
        answer = self._post(reverse("dicomweb_studies"), message)
        told = _json(answer)
        kept = len(told.get("00081199", {}).get("Value", []))
        failed = len(told.get("00081198", {}).get("Value", []))
        return self._problem(answer, told, Counter({KEPT: kept, NOT_TAKEN: failed}))

    def _post(self, address: str, message: Message) -> Any:
        headers = {"Authorization": f"Token {self._token}"}
        return self._computer.post(address, message.body, content_type=message.content_type, headers=headers)

    def _problem(self, answer: Any, told: dict[str, Any], outcomes: Counter[str]) -> Answer:
        kind = str(told.get("type", ""))
        code = kind.removeprefix("urn:carina:problem:")
        is_typed = answer.status_code < 400 or bool(told.get("detail")) or NOT_TAKEN in outcomes
        return Answer(answer.status_code, outcomes, code, is_typed, answer.content.decode("utf-8", "replace"))

    def _store(self, sent: Input) -> Answer:
        if sent.film is None:
            heard = self._machine.say(sent.said)
            return Answer(0, Counter({UNHEARD: 1}), told=heard[-40:].hex())
        status = self._machine.send(sent.film)
        if status == NO_ANSWER:
            return Answer(0, Counter({UNHEARD: 1}), "no answer", is_typed=False)
        return Answer(status, Counter({KEPT if status == 0 else NOT_TAKEN: 1}), f"0x{status:04X}")


def _same(outcome: str) -> str:
    """The page's own words, as the record counts them."""
    return KEPT if outcome in ("received", "duplicate", "held", "other_patient") else outcome


def _json(answer: Any) -> dict[str, Any]:
    if "json" not in answer.headers.get("Content-Type", ""):
        return {}
    told = json.loads(answer.content)
    return told if isinstance(told, dict) else {}
