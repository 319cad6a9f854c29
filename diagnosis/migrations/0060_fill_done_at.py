"""Says of the studies that were read in the last two days when; of older ones nobody asks."""

from datetime import timedelta

from django.db import migrations
from django.db.models import Max
from django.utils import timezone


def fill(apps, schema_editor):
    Study, Review = (apps.get_model('diagnosis', name) for name in ('Study', 'Review'))
    lately = Review.objects.filter(signed_at__gte=timezone.now() - timedelta(days=2))
    last = lately.order_by().values('scan__study').annotate(at=Max('signed_at')).values_list('scan__study', 'at')
    for study, at in last:
        Study.objects.filter(pk=study, state='reviewed').update(done_at=at)


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0059_review_signed_index'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
