"""A study without a film stands under Attention, however urgent: nobody can read it."""

from django.db import migrations


def move(apps, schema_editor):
    apps.get_model('diagnosis', 'Study').objects.filter(state='empty').update(rank=4)


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0062_claims'),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
