"""Where no limits count the worklist's row names no finding either, so that no list or client takes one over."""

from django.db import migrations
from django.utils import timezone

WITHHELD = ('probation', 'withdrawn')


def clear(apps, schema_editor):
    told = apps.get_model('diagnosis', 'Study').objects.filter(network_standing__in=WITHHELD)
    told.exclude(network_finding='').update(
        network_finding='', network_probability=None, changed_at=timezone.now()
    )


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', "0043_everybody_on_probation"),
    ]

    operations = [migrations.RunPython(clear, migrations.RunPython.noop)]
