"""Who may see what: one row for every address of the project.

A row has one letter for each actor, in the order of ACTORS:

    I  is let in               L  is sent to sign in        W  is sent to the page that says "waiting"
    H  finds nothing (404)     F  may not (403)             U  has no valid token (401)
    M  method not offered      R  is sent on before anything is looked up

Further letters stand for HUB_ACTORS, people of clinics that read for clinic A. Without letters of their own
(`hub`, `hub_post`) their doctors get what the other doctor gets, and their administrator what the other
administrator gets.

`other` is what PUT, PATCH and DELETE answer; without it they must let nobody in, and "any" lets in only whom
GET or POST lets in; "open" is a form about nobody yet, which any method may see.
The records in the addresses are clinic A's; the "other" people and the "other token" are clinic B's.
"""

from dataclasses import dataclass

ACTORS = (
    "nobody",
    "waiting doctor",
    "technician",
    "doctor",
    "administrator",
    "other doctor",
    "other administrator",
    "operator",
    "token",
    "other token",
    "revoked token",
)

HUB_ACTORS = (
    "hub doctor",  # an agreement counts, and the study is referred
    "hub administrator",
    "hub doctor without",  # an agreement counts, and this study is not referred
    "hub doctor after",  # the agreement is over, the study was not read
    "hub doctor after reading",  # the agreement is over, the study was read
)


@dataclass(frozen=True)
class Row:
    path: str
    get: str
    post: str
    other: str | None = None
    patch: str | None = None
    """What PATCH answers where PUT and DELETE are not offered to tokens."""
    hub: str = ""
    """What GET answers to HUB_ACTORS."""
    hub_post: str = ""
    delete: str | None = None


def whole(letters: str, hub: str = "") -> str:
    """The letters for everybody: those of HUB_ACTORS as they are given, else as for the other clinic's."""
    doctor, administrator = letters[5], letters[6]
    return letters + (hub or doctor + administrator + doctor * 3)


OPENS = {"hub": "IHHHI"}  # what is shown to who reads for the clinic
LEADS = OPENS | {"hub_post": "HHHHH"}  # a GET leads to the study's page, a POST is not theirs
READS = {"hub": "IFHHI", "hub_post": "IFHHH"}  # a doctor's act on a study that is theirs to read

NOBODY = "M" * 11
EVERYBODY = "I" * 11
SIGNED_IN = "LIIIIIIILLL"
NO_FACTOR = "LHHHHHHHLLL"  # nobody of the cast has one, nor a session in the list
ADMIN = "LWFFIFIILLL"
ADMIN_PATIENT_DATA = "LWFFIFIFLLL"
ADMIN_FORBIDDEN = "LWFFFFFFLLL"
ADMIN_OPERATOR_ONLY = "LWFFFFFILLL"
CLINIC_PAGE = "LWIIIIIFLLL"
CLINIC_RECORD = "LWIIIHHFLLL"
OWN_CLINIC_ROW = "LWFFIFHILLL"
SENDER = "LWHIHHHFLLL"
SETTLES = "LWFIIHHFLLL"
OWN_WEBHOOK = "LWFFIFHFLLL"
OWN_DRAFT = "LWHIHHHFLLL"  # the doctor's

PROBES = {
    "healthz": Row("healthz", EVERYBODY, NOBODY),
    "readyz": Row("readyz", EVERYBODY, NOBODY),
}

# Programs alone, by token: a clinic's archive or viewer. What it names by UID is clinic A's.
TOKEN_LIST = "UUUUUUUUIIU"
TOKEN_RECORD = "UUUUUUUUIHU"
TOKEN_NOT = "UUUUUUUUMMU"
WEB_STUDY = "studies/<uid:study>", "studies/{study_uid}"
WEB_SERIES = f"{WEB_STUDY[0]}/series/<uid:series>", f"{WEB_STUDY[1]}/series/{{series_uid}}"
WEB_FILM = f"{WEB_SERIES[0]}/instances/<uid:instance>", f"{WEB_SERIES[1]}/instances/{{instance_uid}}"
DICOMWEB = (
    {
        f"dicom-web/{name}": Row(f"dicom-web/{name}", TOKEN_LIST, post, TOKEN_NOT)
        for name, post in (("studies", TOKEN_LIST), ("series", TOKEN_NOT), ("instances", TOKEN_NOT))
    }
    | {
        f"dicom-web/{route}{end}": Row(f"dicom-web/{path}{end}", TOKEN_RECORD, TOKEN_NOT, TOKEN_NOT)
        for (route, path), ends in (
            (WEB_STUDY, ("/series", "/instances", "/metadata", "/thumbnail")),
            (WEB_SERIES, ("", "/instances", "/metadata", "/thumbnail")),
            (WEB_FILM, ("", "/metadata", "/rendered", "/thumbnail")),
        )
        for end in ends
    }
    | {
        # whoever sends films of a study learns nothing of it: another clinic has its own of the same name
        f"dicom-web/{WEB_STUDY[0]}": Row(f"dicom-web/{WEB_STUDY[1]}", TOKEN_RECORD, TOKEN_LIST, TOKEN_NOT),
        f"dicom-web/{WEB_FILM[0]}/frames/<str:numbers>": Row(
            f"dicom-web/{WEB_FILM[1]}/frames/1", TOKEN_RECORD, TOKEN_NOT, TOKEN_NOT
        ),
        "dicom-web/^.*$": Row("dicom-web/nothing", "H" * 11, "H" * 11),
    }
)

# allauth's pages show the reader's own account and no other; several answer any method with their form.
ACCOUNT_PAGES = {
    "accounts/login/": Row("accounts/login/", "IWIIIIIIIII", "IWIIIIIIIII", "open"),
    "accounts/logout/": Row("accounts/logout/", "LIIIIIIILLL", "LLLLLLLLLLL"),
    "accounts/signup/": Row("accounts/signup/", "IWIIIIIIIII", "IWIIIIIIIII", "open"),
    "accounts/inactive/": Row("accounts/inactive/", EVERYBODY, NOBODY),
    "accounts/email/": Row("accounts/email/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/reauthenticate/": Row("accounts/reauthenticate/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/confirm-email/": Row("accounts/confirm-email/", EVERYBODY, NOBODY),
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": Row("accounts/confirm-email/abc/", EVERYBODY, "H" * 11),
    "accounts/password/change/": Row("accounts/password/change/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/password/set/": Row("accounts/password/set/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/password/reset/": Row("accounts/password/reset/", EVERYBODY, EVERYBODY, "any"),
    "accounts/password/reset/done/": Row("accounts/password/reset/done/", EVERYBODY, NOBODY),
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": Row(
        "accounts/password/reset/key/1-abc/", EVERYBODY, EVERYBODY, "any"
    ),
    "accounts/password/reset/key/done/": Row("accounts/password/reset/key/done/", EVERYBODY, NOBODY),
    "accounts/login/code/confirm/": Row("accounts/login/code/confirm/", "LWIIIIIILLL", "LWIIIIIILLL", "any"),
    "accounts/2fa/": Row("accounts/2fa/", SIGNED_IN, "LMMMMMMMLLL"),
    "accounts/2fa/authenticate/": Row("accounts/2fa/authenticate/", "LWIIIIIILLL", "LWIIIIIILLL", "any"),
    "accounts/2fa/reauthenticate/": Row("accounts/2fa/reauthenticate/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/2fa/totp/activate/": Row("accounts/2fa/totp/activate/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/2fa/totp/deactivate/": Row("accounts/2fa/totp/deactivate/", NO_FACTOR, NO_FACTOR, "any"),
    "accounts/2fa/recovery-codes/": Row("accounts/2fa/recovery-codes/", NO_FACTOR, "LMMMMMMMLLL"),
    "accounts/2fa/recovery-codes/generate/": Row(
        "accounts/2fa/recovery-codes/generate/", SIGNED_IN, SIGNED_IN, "any"
    ),
    "accounts/2fa/recovery-codes/download/": Row(
        "accounts/2fa/recovery-codes/download/", NO_FACTOR, NO_FACTOR
    ),
    "accounts/2fa/webauthn/": Row("accounts/2fa/webauthn/", SIGNED_IN, "LMMMMMMMLLL"),
    "accounts/2fa/webauthn/add/": Row("accounts/2fa/webauthn/add/", SIGNED_IN, SIGNED_IN, "any"),
    "accounts/2fa/webauthn/reauthenticate/": Row(
        "accounts/2fa/webauthn/reauthenticate/", SIGNED_IN, SIGNED_IN, "any"
    ),
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": Row(
        "accounts/2fa/webauthn/keys/1/remove/", NO_FACTOR, NO_FACTOR
    ),
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": Row(
        "accounts/2fa/webauthn/keys/1/edit/", NO_FACTOR, NO_FACTOR
    ),
    "accounts/sessions/": Row("accounts/sessions/", SIGNED_IN, SIGNED_IN),
    "accounts/sessions/<int:pk>/end/": Row("accounts/sessions/1/end/", SIGNED_IN, NO_FACTOR),
    "accounts/session/": Row("accounts/session/", EVERYBODY, EVERYBODY),  # seconds left, of one's own
    # work for several clinics: asked for by anybody but operators, decided by the clinic that is asked
    "accounts/memberships/": Row("accounts/memberships/", "LWFFIFIILLL", NOBODY),
    "accounts/memberships/new/": Row("accounts/memberships/new/", "LWIIIIIFLLL", "LWIIIIIFLLL"),
    "accounts/memberships/switch/": Row("accounts/memberships/switch/", "LWIIIIIILLL", "LWHHHHHHLLL"),
    **{
        f"accounts/memberships/<uuid:public_id>/{act}/": Row(
            f"accounts/memberships/{{membership}}/{act}/", "LWFFIFIILLL", "LWFFIFHILLL"
        )
        for act in ("approve", "refuse", "end")
    },
    "accounts/clinic/": Row("accounts/clinic/", "LWFFIFIFLLL", "LWFFIFIFLLL"),
    "accounts/waiting/": Row("accounts/waiting/", SIGNED_IN, NOBODY),
    "accounts/profile/": Row("accounts/profile/", "LWIIIIIILLL", "LWIIIIIILLL"),
    "accounts/approvals/": Row("accounts/approvals/", ADMIN, NOBODY),
    "accounts/approvals/<uuid:person_id>/approve/": Row(
        "accounts/approvals/{person}/approve/", OWN_CLINIC_ROW, OWN_CLINIC_ROW
    ),
    "accounts/approvals/<uuid:person_id>/refuse/": Row(
        "accounts/approvals/{person}/refuse/", OWN_CLINIC_ROW, OWN_CLINIC_ROW
    ),
    "accounts/tokens/": Row("accounts/tokens/", "LWFFIFIFLLL", "LWFFIFIFLLL"),
    "accounts/tokens/<uuid:public_id>/next/": Row(
        "accounts/tokens/{token}/next/", "LWFFIFIFLLL", "LWFFIFHFLLL"
    ),
    "accounts/tokens/<uuid:public_id>/revoke/": Row(
        "accounts/tokens/{token}/revoke/", "LWFFIFIFLLL", "LWFFIFHFLLL"
    ),
}

PAGES = {
    "": Row("", "LWIIIIIILLL", NOBODY),  # sends each to where they start
    # the operator is led to their own first page
    "worklist/": Row("worklist/", CLINIC_PAGE.replace("F", "I"), NOBODY),
    "worklist/assign/": Row("worklist/assign/", "LWFIIIIFLLL", "LWFIIIIFLLL"),
    "worklist/cancel/": Row("worklist/cancel/", CLINIC_PAGE, CLINIC_PAGE),
    "worklist/table/": Row("worklist/table/", CLINIC_PAGE, CLINIC_PAGE),
    "patients/<uuid:patient_id>/": Row("patients/{patient}/", CLINIC_RECORD, NOBODY),
    "patients/<uuid:patient_id>/edit/": Row("patients/{patient}/edit/", CLINIC_RECORD, CLINIC_RECORD),
    "patients/<uuid:patient_id>/merge/": Row("patients/{patient}/merge/", "LWFFIFHFLLL", "LWFFIFHFLLL"),
    "patients/<uuid:patient_id>/unmerge/": Row("patients/{patient}/unmerge/", "LWFFIFHFLLL", "LWFFIFHFLLL"),
    "studies/new/": Row("studies/new/", CLINIC_PAGE, CLINIC_PAGE),
    "studies/new/films/": Row("studies/new/films/", CLINIC_PAGE, CLINIC_PAGE),
    # a film that comes by pieces: whoever sends it alone
    "uploads/": Row("uploads/", CLINIC_PAGE, CLINIC_PAGE),
    "uploads/<uuid:upload_id>/": Row(
        "uploads/{upload}/", NOBODY, NOBODY, NOBODY, patch=SENDER, delete=SENDER
    ),
    "uploads/<uuid:upload_id>/discard/": Row("uploads/{upload}/discard/", CLINIC_PAGE, SENDER),
    # a list of one's own; its films are found by nobody else
    "studies/batch/": Row("studies/batch/", CLINIC_PAGE, CLINIC_PAGE),
    "studies/batch/add/": Row("studies/batch/add/", CLINIC_PAGE, CLINIC_PAGE),
    "studies/batch/send/": Row("studies/batch/send/", CLINIC_PAGE, CLINIC_PAGE),
    "studies/batch/clear/": Row("studies/batch/clear/", CLINIC_PAGE, CLINIC_PAGE),
    "studies/batch/<uuid:film_id>/": Row("studies/batch/{batch_film}/", OWN_DRAFT, OWN_DRAFT),
    "studies/batch/<uuid:film_id>/thumbnail/": Row(
        "studies/batch/{batch_film}/thumbnail/", OWN_DRAFT, NOBODY
    ),
    # last: the film’s file goes with it
    "studies/batch/<uuid:film_id>/remove/": Row("studies/batch/{batch_film}/remove/", OWN_DRAFT, OWN_DRAFT),
    "studies/<uuid:study_id>/": Row("studies/{study}/", CLINIC_RECORD, NOBODY, **OPENS),
    "studies/<uuid:study_id>/edit/": Row("studies/{study}/edit/", CLINIC_RECORD, CLINIC_RECORD),
    "studies/<uuid:study_id>/merge/": Row("studies/{study}/merge/", CLINIC_RECORD, CLINIC_RECORD, **LEADS),
    "studies/<uuid:study_id>/preview/": Row("studies/{study}/preview/", CLINIC_RECORD, NOBODY, **OPENS),
    "studies/<uuid:study_id>/claim/": Row("studies/{study}/claim/", "LWFIFHFFLLL", "LWFIFHFFLLL", **READS),
    "studies/<uuid:study_id>/take-over/": Row(
        "studies/{study}/take-over/", "LWFIFHFFLLL", "LWFIFHFFLLL", **READS
    ),
    "studies/<uuid:study_id>/cancel/": Row("studies/{study}/cancel/", CLINIC_RECORD, CLINIC_RECORD, **LEADS),
    "studies/<uuid:study_id>/sign/": Row("studies/{study}/sign/", "LWFIFHFFLLL", "LWFIFHFFLLL", **READS),
    # its own doctor alone
    "signature/<uuid:signature_id>/undo/": Row("signature/{signature}/undo/", "LWFIFHFFLLL", "LWFIFHFFLLL"),
    "signature/<uuid:signature_id>/discard/": Row(
        "signature/{signature}/discard/", "LWFIFHFFLLL", "LWFIFHFFLLL"
    ),
    "studies/<uuid:study_id>/reopen/": Row("studies/{study}/reopen/", CLINIC_RECORD, CLINIC_RECORD, **LEADS),
    "studies/<uuid:study_id>/scans/": Row("studies/{study}/scans/", CLINIC_RECORD, CLINIC_RECORD, **LEADS),
    # what leaves the portal: doctors and administrators
    "studies/<uuid:study_id>/send/": Row("studies/{study}/send/", "LWFIIHHFLLL", "LWFIIHHFLLL", **LEADS),
    "studies/<uuid:study_id>/export/": Row("studies/{study}/export/", "LWFIIHHFLLL", "LWFIIHHFLLL", **LEADS),
    # only who asked for an export without names
    "exports/<uuid:export_id>/": Row("exports/{export}/", "LWFIHHHFLLL", NOBODY),
    "exports/<uuid:export_id>/file/": Row("exports/{export}/file/", "LWFIHHHFLLL", "LWFIHHHFLLL"),
    # the network's limits in a clinic: its doctors and administrators
    "limits/": Row("limits/", SETTLES.replace("HH", "II"), NOBODY),
    "limits/agree/": Row("limits/agree/", SETTLES.replace("HH", "II"), SETTLES.replace("HH", "II")),
    "limits/withdraw/": Row("limits/withdraw/", SETTLES.replace("HH", "II"), "LWFHHHHFLLL"),
    # everybody's own
    "notices/": Row("notices/", CLINIC_PAGE, NOBODY),
    "notices/read/": Row("notices/read/", CLINIC_PAGE, CLINIC_PAGE),
    "notices/choices/": Row("notices/choices/", CLINIC_PAGE, CLINIC_PAGE),
    # the doctor's
    "notices/<uuid:notice_id>/read/": Row("notices/{notice}/read/", "LWHIHHHFLLL", "LWHIHHHFLLL"),
    "deliveries/": Row("deliveries/", CLINIC_PAGE, NOBODY),
    "deliveries/<uuid:delivery_id>/retry/": Row("deliveries/{delivery}/retry/", "LWFIIHHFLLL", "LWFIIHHFLLL"),
    # how a clinic's films change: no patient's data
    "films-over-time/": Row("films-over-time/", ADMIN, NOBODY),
    "films-over-time/<uuid:clinic_id>/": Row("films-over-time/{clinic}/", OWN_CLINIC_ROW, NOBODY),
    "films-over-time/<uuid:clinic_id>/freeze/": Row(
        "films-over-time/{clinic}/freeze/", OWN_CLINIC_ROW, OWN_CLINIC_ROW
    ),
    "films-over-time/alerts/<uuid:alert_id>/": Row(
        "films-over-time/alerts/{alert}/", OWN_CLINIC_ROW, OWN_CLINIC_ROW
    ),
    # what the checks refused, in figures
    "refusals/": Row("refusals/", ADMIN, NOBODY),
    "refusals/file/": Row("refusals/file/", ADMIN, NOBODY),
    "studies/<uuid:study_id>/result/": Row("studies/{study}/result/", CLINIC_RECORD, NOBODY, **OPENS),
    "studies/<uuid:study_id>/report/": Row("studies/{study}/report/", CLINIC_RECORD, NOBODY, **OPENS),
    # the report as a document: asked for and fetched by the clinic, checked by anybody who holds its code
    "studies/<uuid:study_id>/report/document/": Row(
        "studies/{study}/report/document/", CLINIC_RECORD, CLINIC_RECORD, hub="IHHHI", hub_post="IHHHH"
    ),
    "studies/<uuid:study_id>/report/draft/": Row(
        "studies/{study}/report/draft/", CLINIC_RECORD, NOBODY, hub="IHHHH"
    ),
    "reports/<uuid:report_id>/": Row("reports/{report}/", CLINIC_RECORD, NOBODY, **OPENS),
    "reports/<uuid:report_id>/file/": Row("reports/{report}/file/", CLINIC_RECORD, NOBODY, **OPENS),
    "reports/<uuid:report_id>/retry/": Row("reports/{report}/retry/", CLINIC_RECORD, CLINIC_RECORD, **LEADS),
    "worklist/reports/": Row("worklist/reports/", CLINIC_PAGE, CLINIC_PAGE),
    "letterhead/": Row("letterhead/", "LWFFIFIFLLL", "LWFFIFIFLLL"),
    "verify/": Row("verify/", EVERYBODY, NOBODY),
    "verify/<str:code>/": Row("verify/{code}/", EVERYBODY, NOBODY),
    "scans/<uuid:scan_id>/display/": Row("scans/{scan}/display/", CLINIC_RECORD, NOBODY, **OPENS),
    "scans/<uuid:scan_id>/window/": Row("scans/{scan}/window/", CLINIC_RECORD, NOBODY, **OPENS),
    "scans/<uuid:scan_id>/pixels/": Row("scans/{scan}/pixels/", CLINIC_RECORD, NOBODY, **OPENS),
    "scans/<uuid:scan_id>/thumbnail/": Row("scans/{scan}/thumbnail/", CLINIC_RECORD, NOBODY, **OPENS),
    "scans/<uuid:scan_id>/original/": Row("scans/{scan}/original/", CLINIC_RECORD, NOBODY),
    "scans/<uuid:scan_id>/retry/": Row("scans/{scan}/retry/", CLINIC_RECORD, CLINIC_RECORD),
    "scans/<uuid:scan_id>/set-aside/": Row("scans/{scan}/set-aside/", CLINIC_RECORD, CLINIC_RECORD),
    "scans/<uuid:scan_id>/take-back/": Row("scans/{scan}/take-back/", CLINIC_RECORD, CLINIC_RECORD),
    "scans/<uuid:scan_id>/appeal/": Row("scans/{scan}/appeal/", CLINIC_RECORD, CLINIC_RECORD),
    "scans/<uuid:scan_id>/undo-correction/": Row(
        "scans/{scan}/undo-correction/", CLINIC_RECORD, CLINIC_RECORD
    ),
    "scans/<uuid:scan_id>/move/": Row("scans/{scan}/move/", CLINIC_RECORD, CLINIC_RECORD),
    # A review is a doctor's act: a technician and an administrator of the same clinic may not.
    "scans/<uuid:scan_id>/review/": Row("scans/{scan}/review/", "LWFIFHFFLLL", "LWFIFHFFLLL"),
    # a doctor's word before any answer, where it is asked
    "studies/<uuid:study_id>/first-word/": Row(
        "studies/{study}/first-word/", "LWFIFHFFLLL", "LWFIFHFFLLL", **READS
    ),
    "studies/<uuid:study_id>/outcomes/": Row("studies/{study}/outcomes/", CLINIC_RECORD, CLINIC_RECORD),
    "outcomes/<uuid:outcome_id>/": Row("outcomes/{outcome}/", CLINIC_RECORD, CLINIC_RECORD),
    "studies/<uuid:study_id>/second-reader/": Row(
        "studies/{study}/second-reader/", "LWFIFHFFLLL", "LWFIFHFFLLL"
    ),
    "studies/<uuid:study_id>/second-reader/withdraw/": Row(
        "studies/{study}/second-reader/withdraw/", SETTLES, SETTLES, **LEADS
    ),
    # whoever sees the study: a technician may be the only one there
    "studies/<uuid:study_id>/critical/": Row("studies/{study}/critical/", CLINIC_RECORD, CLINIC_RECORD),
    # where messages about a clinic's studies go: its administrator alone
    "webhooks/": Row("webhooks/", "LWFFIFIFLLL", "LWFFIFIFLLL"),
    **{
        f"webhooks/<uuid:webhook_id>/{end}": Row(f"webhooks/{{webhook}}/{end}", OWN_WEBHOOK, OWN_WEBHOOK)
        for end in ("", "secret/", "switch/", "test/")
    },
    "webhooks/deliveries/<uuid:delivery_id>/retry/": Row(
        "webhooks/deliveries/{told}/retry/", OWN_WEBHOOK, OWN_WEBHOOK
    ),
    "agreement/": Row("agreement/", SETTLES.replace("HH", "II"), NOBODY),
    # by a clinic that reads for this one
    "referrals/": Row("referrals/", CLINIC_PAGE, NOBODY),
    "studies/<uuid:study_id>/refer/": Row("studies/{study}/refer/", CLINIC_RECORD, CLINIC_RECORD, **LEADS),
    "referrals/<uuid:referral_id>/withdraw/": Row(
        "referrals/{referral}/withdraw/", CLINIC_RECORD, CLINIC_RECORD, hub="IHHHH", hub_post="HHHHH"
    ),
    **{
        f"referrals/<uuid:referral_id>/{step}/": Row(
            f"referrals/{{referral}}/{step}/", "LWFIFHFFLLL", "LWFHFHFFLLL", hub="IFHHH", hub_post="IFHHH"
        )
        for step in ("accept", "decline", "pass-on", "question")
    },
    "inquiries/<uuid:inquiry_id>/answer/": Row("inquiries/{inquiry}/answer/", CLINIC_RECORD, CLINIC_RECORD),
    # both clinics' administrators find it (A asks B); whose turn it is, the service tells in words
    "reading-agreements/": Row("reading-agreements/", "LWFFIFIFLLL", NOBODY),
    "reading-agreements/new/": Row("reading-agreements/new/", "LWFFIFIFLLL", "LWFFIFIFLLL"),
    **{
        f"reading-agreements/<uuid:agreement_id>/{act}/": Row(
            f"reading-agreements/{{agreement}}/{act}/", "LWFFIFIFLLL", "LWFFIFIFLLL", hub_post="FHFFF"
        )
        for act in ("accept", "decline", "end")
    },
    "reading-rules/": Row("reading-rules/", "LWFFIFIFLLL", "LWFFIFIFLLL"),
    # To be read blind: by a doctor who has neither opened nor signed it.
    "blind-reads/": Row("blind-reads/", "LWFIFIFFLLL", NOBODY),
    "blind-reads/<uuid:scan_id>/film/": Row("blind-reads/{scan}/film/", "LWFIFHFFLLL", NOBODY),
    "blind-reads/<uuid:scan_id>/word/": Row("blind-reads/{scan}/word/", "LWFIFHFFLLL", "LWFIFHFFLLL"),
    # Whose a film is, doctors and administrators say.
    "reconcile/": Row("reconcile/", "LWFIIIIFLLL", NOBODY),
    **{
        f"reconcile/<uuid:held_id>/{end}": Row(f"reconcile/{{held}}/{end}", SETTLES, post)
        for end, post in (
            ("", NOBODY),
            ("on-record/", SETTLES),
            ("file/", SETTLES),
            ("reject/", SETTLES),
            ("take-up/", SETTLES),
            ("original/", NOBODY),
        )
    },
    "predictions/<uuid:prediction_id>/heatmap/": Row(
        "predictions/{prediction}/heatmap/",
        "LWIHIHHFLLL",  # the doctor may yet read its film blind
        NOBODY,
    ),
}

API = {
    "api/v1/studies/": Row("api/v1/studies/", "UUUUUUUUIIU", "UUUUUUUUIIU", "UUUUUUUUMMU"),
    # a token of the cast may send and read, not correct: tests/diagnosis/api/test_corrections.py
    **{
        f"api/v1/{route}/": Row(f"api/v1/{path}/", TOKEN_RECORD, TOKEN_NOT, patch="UUUUUUUUFFU")
        for route, path in (
            ("studies/<uuid:study_id>", "studies/{study}"),
            ("patients/<uuid:patient_id>", "patients/{patient}"),
        )
    },
    **{
        f"api/v1/{route}/": Row(f"api/v1/{path}/", TOKEN_RECORD, TOKEN_NOT, TOKEN_NOT)
        for route, path in (
            ("studies/<uuid:study_id>/report", "studies/{study}/report"),
            ("studies/<uuid:study_id>/reviews", "studies/{study}/reviews"),
            ("films/<uuid:scan_id>/display", "films/{scan}/display"),
            ("films/<uuid:scan_id>/reviews", "films/{scan}/reviews"),
            ("predictions/<uuid:prediction_id>/heatmap", "predictions/{prediction}/heatmap"),
        )
    },
    "api/schema/": Row("api/schema/", "IIIIIIIIIIU", "MMMMMMMMMMU"),
    "api/docs/": Row("api/docs/", "IIIIIIIIIIU", "MMMMMMMMMMU"),
    "api/^.*$": Row("api/nothing", "H" * 11, "H" * 11),
}


def _admin_pages(
    model: str,
    key: str,
    *,
    rows: str,
    read: str,
    write: str = ADMIN_FORBIDDEN,
    add: str = ADMIN_FORBIDDEN,
) -> dict[str, Row]:
    """The pages that Django admin makes for a model: its list, and what can be done with one row."""
    row = f"admin/{model}/{{{key}}}/"
    past = read.replace("IFHF", "IFHH")  # the history page looks for the row first and the right second
    route = f"admin/{model}/<path:object_id>/"
    return {
        f"admin/{model}/": Row(f"admin/{model}/", rows, rows, "any"),
        f"admin/{model}/add/": Row(f"admin/{model}/add/", add, add, "any"),
        f"{route}change/": Row(f"{row}change/", read, write, "any"),
        f"{route}history/": Row(f"{row}history/", past, past, "any"),
        f"{route}delete/": Row(f"{row}delete/", ADMIN_FORBIDDEN, ADMIN_FORBIDDEN, ADMIN_FORBIDDEN),
        route: Row(row, "LWFFRFRRLLL", "LWFFRFRRLLL", "any"),
    }


OWN_PATIENT_ROW = "LWFFIFHFLLL"
ADMIN_PAGES = {
    "admin/": Row("admin/", ADMIN, ADMIN, "any"),
    "admin/login/": Row("admin/login/", ADMIN, ADMIN, "any"),
    "admin/logout/": Row("admin/logout/", ADMIN, ADMIN, "any"),
    "admin/password_change/": Row("admin/password_change/", ADMIN, ADMIN, "any"),
    "admin/password_change/done/": Row("admin/password_change/done/", ADMIN, ADMIN, "any"),
    "admin/jsi18n/": Row("admin/jsi18n/", ADMIN, "LWFFMFMMLLL"),
    "admin/^(?P<app_label>accounts|diagnosis)/$": Row("admin/accounts/", ADMIN, ADMIN, "any"),
    "admin/(?P<url>.*)$": Row("admin/nothing", "LWFFHFHHLLL", "LWFFHFHHLLL"),
    **_admin_pages(
        "accounts/user",
        "user_pk",
        rows=ADMIN,
        read=OWN_CLINIC_ROW,
        write=OWN_CLINIC_ROW,
        add=ADMIN_OPERATOR_ONLY,
    ),
    **_admin_pages(
        "accounts/clinic",
        "clinic_pk",
        rows=ADMIN,
        read=OWN_CLINIC_ROW,
        write=ADMIN_OPERATOR_ONLY,
        add=ADMIN_OPERATOR_ONLY,
    ),
    **_admin_pages("accounts/apitoken", "token_pk", rows=ADMIN, read=OWN_CLINIC_ROW),
    **_admin_pages("accounts/auditevent", "event_pk", rows=ADMIN, read=OWN_CLINIC_ROW),
    **_admin_pages("diagnosis/patient", "patient_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/study", "study_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/scan", "scan_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/prediction", "prediction_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/review", "review_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/firstread", "first_read_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/secondreading", "second_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages("diagnosis/patientoutcome", "outcome_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    # which films the checks refused: public ids, no patient's data
    **_admin_pages("diagnosis/checkentry", "check_pk", rows=ADMIN, read=OWN_CLINIC_ROW),
    **_admin_pages("diagnosis/heldfilm", "held_pk", rows=ADMIN_PATIENT_DATA, read=OWN_PATIENT_ROW),
    **_admin_pages(
        "diagnosis/dicomsender",
        "sender_pk",
        rows=ADMIN,
        read=OWN_CLINIC_ROW,
        write=ADMIN_OPERATOR_ONLY,
        add=ADMIN_OPERATOR_ONLY,
    ),
    **_admin_pages(
        "diagnosis/phrase",
        "phrase_pk",
        rows=ADMIN,
        read=OWN_CLINIC_ROW,
        write="LWFFIFHFLLL",
        add="LWFFIFIFLLL",
    ),
    **_admin_pages(
        "diagnosis/archive",
        "archive_pk",
        rows=ADMIN,
        read=OWN_CLINIC_ROW,
        write=ADMIN_OPERATOR_ONLY,
        add=ADMIN_OPERATOR_ONLY,
    ),
    **_admin_pages(
        "diagnosis/operatingpoint",
        "limits_pk",
        rows=ADMIN,
        read=OWN_CLINIC_ROW,
        write=ADMIN_OPERATOR_ONLY,
        add=ADMIN_OPERATOR_ONLY,
    ),
    **_admin_pages("diagnosis/modelversion", "model_pk", rows=ADMIN, read=ADMIN),
    # figures of every clinic: the operator alone
    "admin/diagnosis/modelversion/<path:object_id>/comparison/": Row(
        "admin/diagnosis/modelversion/{model_pk}/comparison/", ADMIN_OPERATOR_ONLY, ADMIN_OPERATOR_ONLY, "any"
    ),
}

TABLE: dict[str, Row] = {**PROBES, **ACCOUNT_PAGES, **PAGES, **API, **DICOMWEB, **ADMIN_PAGES}
