"""An event that says which rows are older than their seals, in an installation that has any.

`verify_audit_trail` counts these as not covered; every later row without a seal was added past the portal.
"""

import hashlib
import json
from datetime import UTC, datetime

from django.db import migrations
from django.db.models import Count, Max

AUDITED = {
    "clinic": ("accounts", "Clinic"),
    "user": ("accounts", "User"),
    "token": ("accounts", "ApiToken"),
    "patient": ("diagnosis", "Patient"),
    "study": ("diagnosis", "Study"),
    "scan": ("diagnosis", "Scan"),
    "model": ("diagnosis", "ModelVersion"),
    "prediction": ("diagnosis", "Prediction"),
    "review": ("diagnosis", "Review"),
}


def note_rows(apps, schema_editor):
    found = {
        kind: apps.get_model(*names).objects.aggregate(last=Max("pk"), rows=Count("pk"))
        for kind, names in AUDITED.items()
    }
    found = {kind: facts for kind, facts in found.items() if facts["rows"]}
    head = apps.get_model("accounts", "AuditHead").objects.filter(pk=1).first()
    if not found or head is None:
        return
    row = {
        "sequence": head.sequence + 1,
        "at": datetime.now(UTC),
        "actor": "carina",
        "action": "record.seals_begin",
        "subject": "record:rows",
        "study_id": "",
        "facts": {
            "last": {kind: facts["last"] for kind, facts in found.items()},
            "rows": {kind: facts["rows"] for kind, facts in found.items()},
        },
    }
    canonical = {**row, "at": row["at"].isoformat(timespec="microseconds"), "clinic": None, "study": ""}
    del canonical["study_id"]
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = hashlib.sha256(f"{head.hash}\n{text}".encode()).hexdigest()
    events = apps.get_model("accounts", "AuditEvent").objects
    events.create(pk=row["sequence"], previous_hash=head.hash, hash=digest, **row)
    head.sequence, head.hash = row["sequence"], digest
    head.save()


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0011_cancelled_studies"), ("accounts", "0010_event_seals")]
    operations = [migrations.RunPython(note_rows, migrations.RunPython.noop)]
