"""Counts the films and the signed ones of studies from before the counts were kept."""

from django.db import migrations
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce


def is_read(scan, reviews, predictions):
    """Whether the film's newest review is of the result that counts: the active network's, else the newest."""
    review = reviews.filter(scan=scan).order_by('-id').first()
    if review is None or scan.status != 'analysed':
        return False
    results = predictions.filter(scan=scan)
    current = results.filter(model_version__active=True).order_by('-id').first() or results.order_by('-id').first()
    return current is not None and review.prediction_id == current.pk


def fill(apps, schema_editor):
    Study, Scan, Review, Prediction = (
        apps.get_model('diagnosis', name) for name in ('Study', 'Scan', 'Review', 'Prediction')
    )
    counted = Scan.objects.filter(study=OuterRef('pk'), set_aside_at=None).order_by().values('study')
    number = Coalesce(Subquery(counted.annotate(number=Count('pk')).values('number')), 0)
    Study.objects.filter(state='reviewed').update(films_counted=number, films_read=number)
    # the others one by one: they are those that somebody is working on
    working = Study.objects.filter(films_counted=0, scans__isnull=False).exclude(state__in=('reviewed', 'cancelled'))
    for study in working.distinct().iterator(chunk_size=500):
        scans = list(Scan.objects.filter(study=study, set_aside_at=None))
        read = sum(is_read(scan, Review.objects, Prediction.objects) for scan in scans)
        state = 'dismissed' if not scans else study.state
        # those with no work left rank last, as the worklist does it
        rank = 6 if state == 'dismissed' else study.rank
        Study.objects.filter(pk=study.pk).update(films_counted=len(scans), films_read=read, state=state, rank=rank)


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0017_study_films_read'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
