"""A token with a new key may take another one's place, which goes on until a stated time."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_token_scopes")]
    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The token with a new key that took its place",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.apitoken",
            ),
        ),
    ]
