"""Setting up and using second factors through the pages; an authenticator app computed as RFC 6238 says."""

import base64
import hashlib
import hmac
import re
import struct
from typing import Any

from allauth.mfa.totp.internal import auth
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.sign_in.attempts import sign_in

ACTIVATE = reverse("mfa_activate_totp")
AUTHENTICATE = reverse("mfa_authenticate")
INDEX = reverse("mfa_index")
WORKLIST = reverse("worklist")


def code_of(secret: str, *, steps: int = 0) -> str:
    """The six digits that an app shows now by the portal's own clock, or so many steps of 30 s later."""
    counter = struct.pack(">Q", int(auth.time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Set the app up as a signed-in person does; its secret, and the recovery codes that are shown once."""
    page = client.get(ACTIVATE).content.decode()
    found = re.search(r'text-break mb-0">([A-Z2-7]{32})<', page)
    assert found is not None, page
    answer = client.post(ACTIVATE, {"code": code_of(found[1], steps=-1)})
    assert answer.headers.get("Location") == reverse("mfa_view_recovery_codes"), answer.content.decode()
    shown = client.get(answer.headers["Location"]).content.decode()
    return found[1], re.findall(r"<li>(\d{8})</li>", shown)


def with_app(user: User, password: str) -> tuple[Client, str, list[str]]:
    """A browser of somebody who has just set up an app."""
    client = Client()
    sign_in(client, user, password)
    return client, *set_up_app(client)


def to_the_code(user: User, password: str) -> Client:
    """A new browser, past the password, before the code."""
    client = Client()
    answer = sign_in(client, user, password)
    assert answer.headers["Location"] == AUTHENTICATE
    return client


def give(client: Client, code: str) -> Any:
    return client.post(AUTHENTICATE, {"code": code})


def is_in(client: Client) -> bool:
    return bool(client.get(reverse("profile")).status_code == 200)
