"""A network may know COVID-19 or another pneumonia alone; what it does not know has no probability."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0003_prediction_uncertainty'),
    ]

    operations = [
        migrations.AlterField(
            model_name='prediction',
            name='p_covid19',
            field=models.FloatField(null=True, verbose_name='COVID-19'),
        ),
        migrations.AlterField(
            model_name='prediction',
            name='p_pneumonia',
            field=models.FloatField(null=True, verbose_name='pneumonia'),
        ),
    ]
