"""Older reviews get the names and licence numbers of today, and say so: nobody kept those of their day."""

from django.db import migrations


def fill(apps, schema_editor):
    Review = apps.get_model('diagnosis', 'Review')
    doctors = apps.get_model('accounts', 'User').objects.filter(reviews__signed_name='').distinct()
    for doctor in doctors:
        name = f'{doctor.first_name} {doctor.last_name}'.strip() or doctor.email
        Review.objects.filter(doctor=doctor, signed_name='').update(
            signed_name=name, signed_licence=doctor.licence_number, name_added_later=True
        )


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0013_review_signature'),
        ('accounts', '0003_session_epoch'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
