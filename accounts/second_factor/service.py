"""Changes to somebody's second factors that are not their own doing."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import audit, browsers, notices
from accounts.audit import Actor
from accounts.models import User
from accounts.sessions import end_sessions


def remove_all(*, user: User, by: Actor) -> bool:
    """Remove every second factor of a person who lost theirs; False if there was none.

    Their sessions end, for whoever lost a phone may have lost more. They are told by mail.
    """
    with transaction.atomic():
        gone, _ = Authenticator.objects.filter(user=user).delete()
        if not gone:
            return False
        end_sessions(user=user)
        browsers.forget(user)
        notices.send_after_commit(kind="factors_removed", user=user)
        subject = f"user:{user.public_id}"
        facts = {"person": user.email}
        audit.record(
            actor=by, action="user.factors_removed", subject=subject, clinic=user.clinic_id, facts=facts
        )
    return True
