"""Reviews from before names were kept get the names of the day of the update, and say so."""

import importlib

from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from diagnosis.models import Review
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign
from tests.films import analysed_scan, queued_scan

signatures = importlib.import_module("diagnosis.migrations.0014_fill_signatures")
counts = importlib.import_module("diagnosis.migrations.0018_fill_films_read")


def historical() -> Apps:
    """The models as a migration sees them: with plain managers, which may change signed reviews."""
    loader = MigrationExecutor(connection).loader
    return loader.project_state(loader.graph.leaf_nodes()).apps


def test_old_signatures_get_todays_name_and_are_marked(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    old = Review.objects.create(
        scan=scan, prediction=scan.predictions.get(), doctor=cast.colleague, decision="agree"
    )
    new = sign(scan, cast.doctor)
    signatures.fill(historical(), None)
    old, new = Review.objects.get(pk=old.pk), Review.objects.get(pk=new.pk)
    assert (old.signed_name, old.signed_licence, old.name_added_later) == ("Colleague Test", "A-2", True)
    assert (new.signed_name, new.name_added_later) == ("Doctor Test", False)


def test_old_studies_get_their_counts(cast: Cast) -> None:
    read = analysed_scan(cast.clinic_a, cast.doctor)
    unread = queued_scan(cast.clinic_a, cast.doctor, seed=1, number="P-2")
    sign(read, cast.doctor)
    studies = type(read.study).objects
    studies.update(films_counted=0, films_read=0)
    counts.fill(historical(), None)
    assert studies.values_list("films_read", "films_counted").get(pk=read.study_id) == (1, 1)
    assert studies.values_list("films_read", "films_counted").get(pk=unread.study_id) == (0, 1)
