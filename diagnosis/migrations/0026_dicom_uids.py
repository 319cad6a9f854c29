"""Studies and films have the identifiers that DICOM knows them by; those on record get theirs from their ids."""

from django.db import migrations, models

import diagnosis.models.uid


def fill(apps, schema_editor):
    for name, column in (("Study", "instance_uid"), ("Scan", "sop_instance_uid")):
        model = apps.get_model("diagnosis", name)
        rows = model.objects.filter(**{column: ""}).only("pk", "public_id")
        batch = []
        for row in rows.iterator(chunk_size=2000):
            setattr(row, column, f"2.25.{row.public_id.int}")
            if name == "Scan":
                row.series_instance_uid = diagnosis.models.uid.new_uid()
            batch.append(row)
            if len(batch) == 2000:
                _write(model, batch, column)
                batch = []
        _write(model, batch, column)


def _write(model, batch, column):
    columns = [column, "series_instance_uid"] if column == "sop_instance_uid" else [column]
    model._base_manager.bulk_update(batch, columns, batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0025_birth_estimated'),
    ]

    operations = [
        migrations.AddField('study', 'instance_uid', models.CharField(default='', editable=False, max_length=64)),
        migrations.AddField('scan', 'sop_instance_uid', models.CharField(default='', editable=False, max_length=64)),
        migrations.AddField('scan', 'series_instance_uid', models.CharField(default='', editable=False, max_length=64)),
        migrations.AddField('scan', 'header', models.JSONField(default=dict, editable=False, help_text='What a DICOM film says of itself')),
        migrations.AddField('scan', 'pixel_rule', models.JSONField(default=dict, editable=False, help_text='Which rule made grey levels of its stored values')),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
