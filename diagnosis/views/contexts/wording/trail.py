"""The words for the whole audit trail: of people, computers, patients, networks and the record itself."""

from typing import Any, Final

from accounts.models import AuditEvent
from diagnosis.models import HeldWhy
from diagnosis.views.contexts.wording.event import happening

_PHRASES: Final = {
    "patient.created": "entered a patient",
    "patient.updated": "corrected a patient ({fields})",
    "patient.merged": "merged a patient into another record",
    "patient.unmerged": "parted a merged patient again",
    "patient.viewed": "opened a patient",
    "patient.mismatch": "sent a known patient number with other facts ({fields})",
    "list.viewed": "was shown a list ({list}) of {count}",
    "trail.exported": "exported {events} entries of the audit trail",
    "access.bad_token": "sent a wrong token",
    "dicom.unknown_caller": "called as an X-ray machine that no clinic has registered",
    "access.forbidden": "may not open the page {page}",
    "access.form_refused": "sent a form without its key, to the page {page}",
    "access.limited": "was stopped by a limit, at the page {page}",
    "access.not_found": "asked for a record that is not theirs",
    "agreement.asked": "asked that {reads} reads for {sends}",
    "agreement.accepted": "accepted that {reads} reads for {sends}",
    "agreement.declined": "declined that {reads} reads for {sends}",
    "agreement.ended": "ended the agreement by which {reads} reads for {sends}",
    "agreement.withdrawn": "withdrew that {reads} is asked to read for {sends}",
    "limits.accepted": "accepted the limits from elsewhere of {model}, until {until}",
    "limits.proposed": "proposed limits for {model} on the clinic’s own films",
    "limits.agreed": "agreed to limits for {model}, until {until}",
    "limits.withdrawn": "withdrew limits for {model}",
    "archive.changed": "changed the archive {name} ({changed})",
    "archive.created": "entered the archive {name}",
    "phrase.changed": "changed the phrase {title}",
    "phrase.created": "entered the phrase {title}",
    "archive.tried": "tried the connection to the archive {name}",
    "clinic.changed": "changed the clinic {name}",
    "clinic.created": "entered the clinic {name}",
    "clinic.factor_optional": "no longer asks the clinic for a second factor",
    "clinic.letterhead": "changed the head of the clinic’s reports",
    "clinic.reading_rules": "changed the clinic’s rules of reading",
    "clinic.mails_no_refusals": "no longer has the senders of refused films mailed",
    "clinic.mails_refusals": "has the senders of refused films mailed",
    "clinic.factor_required": "asks the clinic for a second factor",
    "drift.acknowledged": "noted the cause of a change in the films ({what})",
    "drift.alert_closed": "closed an alert about the films ({what}: {why})",
    "drift.alert_opened": "found the films changed ({what})",
    "drift.window_frozen": "froze a reference window of {films} films of {clinic}",
    "dicom_sender.changed": "changed the X-ray machine {ae_title} at {address} ({changed})",
    "dicom_sender.created": "entered the X-ray machine {ae_title} at {address} for {clinic}",
    "held_film.downloaded": "downloaded the original of a film to settle",
    "held_film.filed": "filed a film to settle ({how})",
    "held_film.held": "sent a film that contradicts the record ({why})",
    "held_film.received_again": "sent a film again that waits or was rejected",
    "held_film.rejected": "rejected a film to settle",
    "held_film.reopened": "took up a rejected film again",
    "held_film.viewed": "opened a film to settle",
    "look.unproven": "found a look that is not as it was written",
    "membership.approved": "let {person} work here, too",
    "membership.asked": "asked to work here, too, as {role}",
    "membership.ended": "ended that {person} works here",
    "membership.refused": "refused that {person} works here, too",
    "model.candidate": "let a network run silently beside the active one",
    "model.candidate_ended": "ended the candidate ({why})",
    "model.promoted": "made a network active",
    "model.registered": "registered a network",
    "model.shadowed": "showed a film to the candidate",
    "record.anchored": "anchored the record’s head",
    "record.seals_begin": "sealed the rows that were there",
    "token.created": "made the token “{name}”",
    "token.replaced": "made the next key of the token “{name}”; the old one works until {works_until}",
    "token.refused": "was refused: {reason}",
    "token.revoked": "revoked the token “{name}”",
    "webhook.changed": "changed what the webhook to {host} is told of ({kinds})",
    "webhook.created": "made a webhook to {host} ({kinds})",
    "webhook.given_up": "gave up telling the webhook to {host} ({kind})",
    "webhook.renewed": "renewed the secret of the webhook to {host}",
    "webhook.retried": "asked to tell the webhook to {host} again ({kind})",
    "webhook.switched_off": "switched off the webhook to {host}",
    "webhook.switched_on": "switched on the webhook to {host}",
    "webhook.tried": "sent a test to the webhook to {host}",
    "user.activated": "let {person} in again",
    "user.approved": "approved {person}",
    "user.notices_chosen": "chose what they are told, and how",
    "user.changed": "changed {person} ({changed})",
    "user.created": "made an account for {person}",
    "user.deactivated": "deactivated {person}",
    "user.email_confirmed": "confirmed the e-mail address",
    "user.factor_added": "added a second factor",
    "user.factor_failed": "failed the second factor",
    "user.factor_removed": "removed a second factor",
    "user.factor_used": "confirmed with a second factor",
    "user.factors_removed": "removed the second factors of {person}",
    "user.invited": "invited {person}",
    "user.password_changed": "changed the password",
    "user.password_reset": "chose a new password by e-mail",
    "user.password_reset_asked": "asked for a new password for {person}",
    "user.recovery_codes_renewed": "made new recovery codes",
    "user.refused": "refused {person}",
    "user.registered": "asked for an account",
    "user.session_ended": "ended a session",
    "user.sessions_ended": "ended the other sessions",
    "user.sign_in_failed": "failed to sign in as {person}",
    "user.sign_in_stopped": "was stopped by a limit when signing in as {person}",
    "user.signed_in": "signed in",
    "user.signed_out": "signed out",
    "user.switched": "switched {person} {way}, as {role}",
    "user.timed_out": "was signed out after a time without use",
}


def what_happened(event: AuditEvent, people: dict[str, str]) -> str:
    """What the actor did, in words; `people` names each person by address."""
    phrase = _PHRASES.get(event.action)
    if phrase is None:
        return happening(event, {}, people).text
    facts = _Facts({name: _said(value) for name, value in event.facts.items()})
    if "person" in facts:
        facts["person"] = people.get(facts["person"], facts["person"])
    facts["count"] = _count(event.facts.get("shown", ()))
    times = event.facts.get("times", 1)
    return phrase.format_map(facts) + (f" ({times} times within an hour)" if times != 1 else "")


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "somebody unknown" if name == "person" else "–"


_WHY: Final = {
    HeldWhy.OTHER_PERSON.value: "the number is somebody else’s",
    HeldWhy.OTHER_STUDY.value: "the study is another patient’s",
    HeldWhy.NO_NUMBER.value: "it names no patient",
}


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)).replace("_", " ")
    return _WHY.get(value, str(value)) if isinstance(value, str) else str(value)


def _count(shown: Any) -> str:
    number, kind = len(shown), "patient" if any("patient:" in name for name in shown) else "stud"
    if any("held_film:" in name for name in shown):
        return f"{number} film{'' if number == 1 else 's'} to settle and the patients they contradict"
    if kind == "patient":
        return f"{number} patient{'' if number == 1 else 's'}"
    return f"{number} stud{'y' if number == 1 else 'ies'}"
