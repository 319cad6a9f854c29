"""`read` is what a doctor signs wherever the network told no finding: no result, or no limits that count."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0044_withheld_names_no_finding'),
    ]

    operations = [
        migrations.AlterField(
            model_name='review',
            name='decision',
            field=models.CharField(choices=[('agree', 'Agree with the network'), ('change', 'Change the finding'), ('reject', 'Reject the prediction'), ('read', 'Name the finding, the network told none')], max_length=8),
        ),
    ]
