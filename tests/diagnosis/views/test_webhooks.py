"""The pages of a clinic's webhooks: a secret is shown once, and the log says what each was told."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.audit import verify
from accounts.models import AuditEvent
from diagnosis.models import Webhook, WebhookDelivery, WebhookState
from diagnosis.services import webhooks
from diagnosis.services.webhooks import signing
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of

pytestmark = pytest.mark.django_db
LIST = "/webhooks/"
ADDRESS = "https://receiver.example/carina?key=secret-in-the-address"
SECRET = re.compile(r"carina_hook_[\w-]{43}")


@pytest.fixture
def hook(cast: Cast) -> Webhook:
    made, _ = webhooks.add(clinic=cast.clinic_a, address=ADDRESS, kinds=["overdue"], by=cast.administrator)
    return made


def page_of(hook: Webhook) -> str:
    return f"{LIST}{hook.public_id}/"


def told(hook: Webhook, state: str = WebhookState.GIVEN_UP) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        webhook=hook, kind="overdue", state=state, words="no room", status=507
    )


def test_a_secret_is_shown_once_and_kept_sealed(administrator: Client, cast: Cast) -> None:
    answer = administrator.post(LIST, {"address": f" {ADDRESS} ", "kinds": ["overdue", "reading_signed"]})
    assert answer.status_code == 201, "the browser forgets what was typed"
    assert "no-store" in answer.headers["Cache-Control"]
    found = SECRET.search(answer.content.decode())
    assert found is not None
    row = Webhook.objects.get()
    assert (row.clinic, row.address, row.kinds) == (cast.clinic_a, ADDRESS, ["overdue", "reading_signed"])
    assert found[0] not in row.secret
    assert signing.secrets_of(row, timezone.now()) == [found[0]]
    for later in (LIST, page_of(row)):
        assert not SECRET.search(administrator.get(later).content.decode())
    event = AuditEvent.objects.get(action="webhook.created")
    assert event.facts == {"host": "receiver.example", "kinds": ["overdue", "reading_signed"]}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"address": "http://receiver.example/", "kinds": ["overdue"]}, "must begin with https://"),
        ({"address": "https://10.0.0.1/", "kinds": ["overdue"]}, "may not reach"),
        ({"address": ADDRESS}, "at least one of these"),
        ({"address": ADDRESS, "kinds": ["nonsense"]}, "Select a valid choice"),
        ({"address": ADDRESS, "kinds": ["test"]}, "Select a valid choice"),
        ({"address": "https://x.example/" + "x" * 500, "kinds": ["overdue"]}, "at most 500"),
        ({"address": "", "kinds": ["overdue"]}, "This field is required"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    administrator: Client, sent: dict[str, object], said: str
) -> None:
    answer = administrator.post(LIST, sent)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert str(sent["address"]) in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_renewed_secret_is_shown_once(administrator: Client, hook: Webhook) -> None:
    answer = administrator.post(f"{page_of(hook)}secret/")
    found = SECRET.search(answer.content.decode())
    assert found is not None
    hook.refresh_from_db()
    newest, _former = signing.secrets_of(hook, timezone.now())
    assert newest == found[0]
    assert "Messages carry the former secret’s signature, too, until" in text_of(answer)
    administrator.post(f"{page_of(hook)}secret/", {"at_once": "1"})
    hook.refresh_from_db()
    assert len(signing.secrets_of(hook, timezone.now())) == 1


def test_a_page_with_a_new_secret_that_is_loaded_again_makes_no_other(
    administrator: Client, hook: Webhook
) -> None:
    shown = re.search(r'name="edition" value="([^"]+)"', administrator.get(page_of(hook)).content.decode())
    assert shown is not None
    sent = {"edition": shown[1], "at_once": "1"}
    assert SECRET.search(administrator.post(f"{page_of(hook)}secret/", sent).content.decode())
    hook.refresh_from_db()
    kept = hook.secret
    again = administrator.post(f"{page_of(hook)}secret/", sent, follow=True)
    assert "the secret was renewed already, and shown once" in text_of(again)
    hook.refresh_from_db()
    assert hook.secret == kept
    anew = re.search(r'name="edition" value="([^"]+)"', again.content.decode())
    assert anew is not None
    assert SECRET.search(administrator.post(f"{page_of(hook)}secret/", {"edition": anew[1]}).content.decode())


def test_an_address_is_told_once_however_often_the_form_is_sent(administrator: Client, hook: Webhook) -> None:
    answer = administrator.post(LIST, {"address": ADDRESS, "kinds": ["question"]})
    assert answer.status_code == 422
    assert "Messages go to this address already" in text_of(answer)
    assert Webhook.objects.count() == 1
    administrator.post(f"{page_of(hook)}switch/", {"to": "off"})
    assert administrator.post(LIST, {"address": ADDRESS, "kinds": ["question"]}).status_code == 201


def test_kinds_switch_test_and_retry(administrator: Client, hook: Webhook) -> None:
    page = page_of(hook)
    administrator.post(page, {"kinds": ["question", "overdue"]})
    hook.refresh_from_db()
    assert hook.kinds == ["overdue", "question"]
    assert administrator.post(page, {}).status_code == 422
    failed = told(hook)
    assert "Given up (507) no room" in text_of(administrator.get(page))
    administrator.post(f"{LIST}deliveries/{failed.public_id}/retry/")
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == (WebhookState.WAITING, 0)
    administrator.post(f"{page}test/")
    assert hook.deliveries.get(kind="test").study is None
    administrator.post(f"{page}switch/", {"to": "off"})
    assert set(hook.deliveries.values_list("state", flat=True)) == {WebhookState.GIVEN_UP}
    administrator.post(f"{page}test/")
    administrator.post(f"{LIST}deliveries/{failed.public_id}/retry/")
    assert not hook.deliveries.filter(state=WebhookState.WAITING).exists(), "nothing is sent while it is off"
    administrator.post(f"{page}switch/", {"to": "on"})
    hook.refresh_from_db()
    assert hook.active
    actions = AuditEvent.objects.filter(action__startswith="webhook.").order_by("sequence")
    assert [event.action.partition(".")[2] for event in actions] == [
        "created", "changed", "retried", "tried", "switched_off", "switched_on",
    ]  # fmt: skip
    assert not [event for event in actions if "secret-in-the-address" in str(event.facts)]
    assert list(verify()) == []


def test_who_did_not_confirm_lately_is_asked_before_a_change(
    client: Client, cast: Cast, hook: Webhook
) -> None:
    client.force_login(cast.administrator)
    session = client.session
    session.pop("account_authentication_methods", None)
    session.save()
    for address in (LIST, page_of(hook), f"{page_of(hook)}secret/", f"{page_of(hook)}switch/"):
        assert client.get(page_of(hook)).status_code == 200
        answer = client.post(address, {"kinds": ["overdue"], "address": ADDRESS})
        assert answer.status_code == 302
        assert "reauthenticate" in answer.headers["Location"]
    hook.refresh_from_db()
    assert (Webhook.objects.count(), hook.active, hook.former_secret) == (1, True, "")


def test_another_clinics_administrator_changes_nothing(cast: Cast, hook: Webhook) -> None:
    by = cast.other_administrator
    for change in (
        lambda: webhooks.choose(webhook=hook, kinds=[], by=by),
        lambda: webhooks.renew_secret(webhook=hook, by=by),
        lambda: webhooks.switch(webhook=hook, on=False, by=by),
        lambda: webhooks.send_test(webhook=hook, by=by),
        lambda: webhooks.retry(delivery=told(hook), by=by),
        lambda: webhooks.add(clinic=cast.clinic_a, address=ADDRESS, kinds=[], by=by),
    ):
        with pytest.raises(PermissionDenied):
            change()
