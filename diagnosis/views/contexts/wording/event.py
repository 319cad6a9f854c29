"""The words for the events of a study's history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import AuditEvent
from diagnosis.models import Standing
from diagnosis.services.standing import NOT_MEASURED


@dataclass(frozen=True)
class Happening:
    """One line of a study's history."""

    at: datetime
    actor: str
    text: str
    sequence: int


_EVENTS: Final = {
    "study.created": "entered the study",
    "study.updated": "corrected the study ({fields})",
    "scan.received": "sent {film}",
    "scan.received_again": "sent a file that was already there ({film})",
    "scan.conflict": "sent another file under the identifier of {film}; it was not taken",
    "scan.analysed": "analysed {film} with {model}: {told}",
    "scan.refused": "could not use {film} ({code})",
    "scan.failed": "could not analyse {film} ({code})",
    "scan.set_aside": "dismissed {film}",
    "scan.taken_back": "counts {film} again",
    "held_film.filed": "filed a film here that contradicted the record",
    "study.refiled": "filed the study under another record of the patient",
    "study.cancelled": "cancelled the study",
    "study.reopened": "reopened the study",
    "study.assigned": "said whose the study is to read",
    "study.taken_over": "took the study over from a colleague who had it open",
    "study.tabled": "exported the study’s row of the worklist",
    "scan.refiled": "put {film} {where}",
    "scan.moved": "moved {film} {where}",
    "scan.appealed": "says that {film} is a frontal chest film ({code})",
    "scan.correction_undone": "undid the correction of {film}",
    "scan.retried": "asked to analyse {film} again",
    "scan.requeued": "put {film} back into the queue",
    "review.signed": "signed a review of {film}: {decision}{found}",
    "study.viewed": "opened the study",
    "report.viewed": "opened the report",
    "report.asked": "asked for the report as a document ({kind})",
    "report.issued": "issued the report as a document ({kind})",
    "report.failed": "could not make the report: {reason}",
    "report.retried": "asked to make the report again",
    "report.downloaded": "fetched the report ({kind})",
    "scan.shown_blind": "was shown {film} without any result, for a blind read",
    "study.first_read": "gave their first word, before any answer",
    "study.second_asked": "asked for a second reader ({why})",
    "study.second_withdrawn": "took back the request for a second reader",
    "study.second_read": "read as second reader: {how}",
    "study.second_settled": "ended the second reading: {how}",
    "referral.requested": "asked {to} to read the study",
    "referral.covered": "gave the study to {to}, which reads for the clinic",
    "referral.accepted": "accepted to read the study",
    "referral.declined": "declined to read the study",
    "referral.passed_on": "passed the study on to {to}",
    "referral.withdrawn": "ended the request to read the study",
    "referral.returned": "returned the study, read",
    "inquiry.asked": "asked a question about the study",
    "inquiry.answered": "answered a question about the study",
    "study.overdue": "told the doctors that the study is overdue",
    "study.critical_opened": "opened a critical result ({why}): told {to}",
    "study.critical_escalated": "told {to}: nobody acknowledged the critical result in time",
    "study.critical_acknowledged": "acknowledged the critical result",
    "outcome.entered": "entered an outcome ({kind})",
    "outcome.corrected": "corrected an outcome ({kind})",
    "scan.read_blind": "read {film} blind, for a comparison of networks",
    "scan.downloaded": "downloaded the original of {film}",
    "export.asked": "asked for the study without names",
    "study.exported": "exported the study ({kind}, {films} films)",
    "study.sent": "sent the whole study to {archive}",
    "delivery.asked": "asked to send {films} films to {archive}",
    "delivery.retried": "asked to send {film} to {archive} again",
    "delivery.done": "sent {film} to {archive}",
    "delivery.failed": "could not send {film} to {archive}",
}
READS: Final = frozenset(
    {
        "study.viewed",
        "report.viewed",
        "report.downloaded",
        "scan.downloaded",
        "scan.shown_blind",
        "study.exported",
        "study.tabled",
    }
)


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "–"


def happening(event: AuditEvent, films: dict[str, str], people: dict[str, str]) -> Happening:
    """An audit event as a sentence; `films` names each scan by its public id, `people` each actor."""
    facts = _Facts(event.facts)
    facts["film"] = films.get(event.subject.partition(":")[2], "a film")
    if isinstance(facts.get("fields"), list):
        facts["fields"] = ", ".join(facts["fields"]).replace("_", " ")
    of_same = event.action == "scan.refiled"
    facts["where"] = "to a study of another patient" if "to" in facts else "here from another patient’s study"
    if of_same:
        facts["where"] = "into another study of the patient" if "to" in facts else "here from another study"
    for name in ("finding", "triage", "code", "decision"):
        if isinstance(facts.get(name), str):
            facts[name] = _NAMES.get(facts[name], facts[name].replace("_", " "))
    if facts["decision"] == _NAMES["read"] and facts.get("prediction"):
        facts["decision"] = "names the finding"  # on a result that told none
    facts["found"] = f" ({facts['finding']})" if facts.get("finding") else ""
    measured = facts.get("standing") != Standing.PROBATION
    facts["told"] = (
        f"{facts['finding']}, {facts['triage']}" if measured else f"{facts['triage']} ({NOT_MEASURED})"
    )
    known = _EVENTS.get(event.action, event.action.replace(".", " "))
    if event.action == "scan.refused" and event.subject.startswith("study:"):
        known = "sent a file that was refused ({code})"  # it never became a film
    text = known.format_map(facts)
    return Happening(event.at, people.get(event.actor, event.actor), text, event.sequence)


_NAMES: Final = {
    "covid19": "COVID-19",
    "agree": "agrees with the network",
    "change": "changes the finding",
    "reject": "rejects the prediction",
    "read": "reads it without the network",
}
