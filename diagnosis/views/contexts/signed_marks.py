"""What doctors drew on a study's films and signed, for the viewer to draw it over them again."""

from collections.abc import Iterable
from typing import Any

from diagnosis.imaging import marks
from diagnosis.models import Review, Scan
from diagnosis.views.contexts.study import Reading


def signed_marks(films: Iterable[Reading]) -> list[dict[str, Any]]:
    """By doctor, newest first: the marks of their newest review of each film that lies as it lay then."""
    newest: dict[tuple[int, int], tuple[Review, Scan]] = {}
    for film in films:
        for review in film.reviews:  # newest first
            newest.setdefault((film.scan.pk, review.doctor_id), (review, film.scan))
    by_doctor: dict[int, dict[str, Any]] = {}
    for review, scan in sorted(newest.values(), key=lambda found: -found[0].pk):
        drawn = [mark for mark in review.annotations if marks.lies_on(mark, scan.shown_corrections)]
        if not drawn:
            continue
        layer = by_doctor.setdefault(
            review.doctor_id, {"doctor": review.signed_name, "at": review.signed_at.isoformat(), "marks": []}
        )
        layer["marks"] += [{**mark, "scan": str(scan.public_id)} for mark in drawn]
    return list(by_doctor.values())
