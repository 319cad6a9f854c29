"""A counter that ends a person's sessions when they are shut out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_head")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
