"""Films that are refused already stand in the ledger too."""

from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    """One line for each film that is refused, as of the day it was."""
    scan, entry = apps.get_model("diagnosis", "Scan"), apps.get_model("diagnosis", "CheckEntry")
    refused = scan.objects.filter(status="refused", is_phantom=False, finished_at__isnull=False)
    columns = refused.values_list("pk", "clinic_id", "refused_by_id", "reason_code", "finished_at")
    lines = [
        entry(scan_id=film, clinic_id=clinic, model_version_id=network, kind="refused", code=code, at=at)
        for film, clinic, network, code, at in columns.iterator()
    ]
    entry.objects.bulk_create(lines, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0049_check_ledger")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=False)]
