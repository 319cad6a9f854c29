"""Notes each film's statistics in the transaction of its analysis, once for each network."""

from collections.abc import Mapping

from diagnosis.models import FilmStatistics, ModelVersion, Prediction, Scan, Triage


def note_analysed(prediction: Prediction, measured: Mapping[str, float]) -> None:
    """Note a film that the network answered about; `measured`: `cnn.film_statistics`, by name.

    A film that this network refused before counts as it was met first.
    """
    _note(
        prediction.scan,
        prediction.model_version,
        measured,
        score=round(prediction.p_abnormal, 6),
        unsure=prediction.triage == Triage.UNSURE,
    )


def note_refused(scan: Scan, network: ModelVersion | None, measured: Mapping[str, float]) -> None:
    """Note a film that was refused, with what could be measured; nothing if no network was active."""
    if network is not None:
        _note(scan, network, measured, refused=True)


def _note(scan: Scan, network: ModelVersion, measured: Mapping[str, float], **values: object) -> None:
    if scan.is_phantom:  # drawn by code: it says nothing of the clinic's machines
        return
    FilmStatistics.objects.get_or_create(
        scan=scan,
        model_version=network,
        defaults={"clinic_id": scan.clinic_id, **measured, **values},
    )
