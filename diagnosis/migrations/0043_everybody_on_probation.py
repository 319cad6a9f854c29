"""Every clinic is on probation until an operator accepts limits from elsewhere or its own are agreed.

What was told of a film so far is kept beside it. No result tells a decision any more, and the open studies of
the worklist are ordered by score, as services/worklist.py does it.
"""

from django.db import migrations
from django.db.models import F

NETWORK_RANKS, UNSURE, FINEST = (1, 2, 3), 2, 30_000
DOUBTS = ('unfamiliar', 'few_grey_levels', 'lungs_not_found')


def likeliest(prediction):
    known = {'covid19': prediction.p_covid19, 'pneumonia': prediction.p_pneumonia, 'normal': prediction.p_normal}
    known = {finding: value for finding, value in known.items() if value is not None}
    finding = max(known, key=known.__getitem__)
    return finding, known[finding]


def place_of(prediction):
    doubtful = any((prediction.uncertainty or {}).get(doubt) for doubt in DOUBTS)
    return 0 if doubtful else 1 + round(FINEST * prediction.p_normal)


def fill(apps, schema_editor):
    Study, Scan, Prediction = (apps.get_model('diagnosis', name) for name in ('Study', 'Scan', 'Prediction'))
    Prediction.objects.filter(told_triage='').update(told_finding=F('finding'), told_triage=F('triage'))
    told = Study.objects.exclude(network_triage='')
    told.update(network_triage='unsure', network_standing='probation')
    for study in list(Study.objects.filter(rank__in=NETWORK_RANKS)):
        spoken = []
        for scan in Scan.objects.filter(study=study, set_aside_at=None):
            results = Prediction.objects.filter(scan=scan).order_by('-id')
            spoken.append(results.filter(model_version__active=True).first() or results.first())
        spoken = [prediction for prediction in spoken if prediction is not None]
        values = {'rank': UNSURE, 'place': min(map(place_of, spoken), default=0)}
        if spoken and study.network_finding:
            worst = min(spoken, key=lambda prediction: prediction.p_normal)
            values['network_finding'], values['network_probability'] = likeliest(worst)
        Study.objects.filter(pk=study.pk).update(**values)


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', "0042_study_place"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
