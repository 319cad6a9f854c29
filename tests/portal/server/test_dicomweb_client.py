"""A client that nobody here wrote (dicomweb-client) sends, finds and opens films over a real connection."""

import io

import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from requests import HTTPError, Session

from diagnosis.models import Scan
from tests.dicom_films import chest, make_film, uid
from tests.portal.server.serving import Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(server: Server, token: str) -> DICOMwebClient:
    session = Session()
    session.headers["Authorization"] = token.removeprefix("Authorization: ").replace("Token", "Bearer")
    return DICOMwebClient(url=f"http://127.0.0.1:{server.port}/dicom-web", session=session)


def film(seed: int, **facts: object) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(make_film(seed=seed, **facts)))  # type: ignore[arg-type]


def test_the_client_stores_finds_and_opens_films(client: DICOMwebClient) -> None:
    study = uid("a study")
    answer = client.store_instances([film(1, study_uid=study), film(2, study_uid=study)])
    assert len(answer.ReferencedSOPSequence) == 2
    assert Scan.objects.count() == 2

    [found] = client.search_for_studies(search_filters={"PatientID": "P-1"})
    assert pydicom.Dataset.from_json(found).StudyInstanceUID == study
    series = [pydicom.Dataset.from_json(row) for row in client.search_for_series(study)]
    [first, _] = [pydicom.Dataset.from_json(row) for row in client.search_for_instances(study)]
    assert {row.SeriesInstanceUID for row in series} == {first.SeriesInstanceUID} | {
        row.SeriesInstanceUID for row in series
    }

    names = (study, first.SeriesInstanceUID, first.SOPInstanceUID)
    whole = client.retrieve_instance(*names)
    assert np.array_equal(whole.pixel_array, chest(1))
    [header] = [
        row for row in client.retrieve_study_metadata(study)
        if pydicom.Dataset.from_json(row).SOPInstanceUID == first.SOPInstanceUID
    ]  # fmt: skip
    assert pydicom.Dataset.from_json(header).Rows == 512
    [frame] = client.retrieve_instance_frames(*names, frame_numbers=[1])
    assert np.array_equal(np.frombuffer(frame, "<u2").reshape(512, 512), chest(1))
    assert len(client.retrieve_study(study)) == 2


def test_the_client_is_told_what_was_not_taken(client: DICOMwebClient) -> None:
    with pytest.raises(HTTPError) as refused:
        client.store_instances([film(1, sop_class="1.2.840.10008.5.1.4.1.1.2", Modality="CT")])
    assert refused.value.response.status_code == 409
    answer = client.store_instances([film(2), film(3, BodyPartExamined="HAND")])
    assert [item.FailureReason for item in answer.FailedSOPSequence] == [0xA900]
