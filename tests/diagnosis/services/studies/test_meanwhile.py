"""A study that is corrected at this very moment by somebody else, where rows are locked."""

import pytest

from diagnosis.models import Study
from diagnosis.services import studies
from diagnosis.services.corrections import Outdated
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient

pytestmark = [needs_row_locks, pytest.mark.django_db(transaction=True)]


def test_a_correction_made_meanwhile_is_shown_and_kept(transactional_db: None, cast: Cast) -> None:
    study = studies.create_study(patient=patient(cast), actor=cast.technician, reason="Cough")
    found = meets(
        lambda: Study.objects.filter(pk=study.pk).update(reason="Fever"),
        lambda: studies.update_study(
            study=study, actor=cast.doctor, shown={"reason": "Cough"}, reason="Fall"
        ),
    )
    assert [type(error) for error in found] == [Outdated]
    assert Study.objects.get().reason == "Fever"
