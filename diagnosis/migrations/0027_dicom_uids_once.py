"""In a clinic each DICOM identifier names one study, one film."""

from django.db import migrations, models

import diagnosis.models.uid


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0026_dicom_uids'),
    ]

    operations = [
        migrations.AlterField('study', 'instance_uid', models.CharField(default=diagnosis.models.uid.new_uid, editable=False, help_text='As its films came with it, or made here', max_length=64, verbose_name='study instance UID')),
        migrations.AlterField('study', 'door', models.CharField(choices=[('browser', 'Browser'), ('api', 'API'), ('dicomweb', 'DICOMweb'), ('dicom', 'X-ray machine'), ('demo', 'Demonstration')], default='browser', editable=False, max_length=8)),
        migrations.AlterField('scan', 'sop_instance_uid', models.CharField(default=diagnosis.models.uid.new_uid, editable=False, max_length=64, verbose_name='SOP instance UID')),
        migrations.AlterField('scan', 'series_instance_uid', models.CharField(default=diagnosis.models.uid.new_uid, editable=False, max_length=64)),
        migrations.AddConstraint('study', models.UniqueConstraint(fields=('clinic', 'instance_uid'), name='study_instance_uid_once')),
        migrations.AddConstraint('scan', models.UniqueConstraint(fields=('clinic', 'sop_instance_uid'), name='scan_instance_uid_once')),
    ]
