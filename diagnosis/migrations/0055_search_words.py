"""The words of patients' numbers and names, by which an index finds them."""

import django.db.models.deletion
from django.db import migrations, models

import diagnosis.models.patient_word


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('diagnosis', '0054_pending_signatures'),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', diagnosis.models.patient_word.WordField(max_length=64)),
                ('clinic', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='words', to='diagnosis.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', 'word'], name='patient_word_of')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'word', 'patient'), name='patient_word_once')],
            },
        ),
    ]
