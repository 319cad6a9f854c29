"""Signs a study: one act, one word for all its films that count, or one of its own for a film."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

from django.db import transaction

from accounts.models import User
from diagnosis.models import Prediction, Review, Scan, Study
from diagnosis.services import history, worklist
from diagnosis.services.history import Entry
from diagnosis.services.review import checks
from diagnosis.services.review.film import (
    Signature,
    by,
    check_may_sign,
    have_reported,
    place_review,
    what_follows,
)
from diagnosis.services.review.words import (
    AlreadySigned,
    FilmWord,
    ResultChanged,
    ReviewRefused,
    Shown,
    Structured,
    StudyWords,
)


def sign_study(*, study: Study, doctor: User, words: StudyWords) -> list[Review]:
    """Sign a study's films at once and return the reviews; audit `review.signed` for each.

    The study's finding is that of each film without a word of its own, and so is what was ticked and graded;
    a film with its own word has that alone, and its marks. Films that a doctor has signed as they
    stand keep their word while others are unread; once all are read, a signature is a correction of all. A
    film that was refused, failed or still waits is signed like any other. Raises ReviewRefused, naming the
    film, and AlreadySigned where nothing new is said; then nothing at all is signed.
    """
    with transaction.atomic():
        locked = worklist.lock(study.pk)
        check_may_sign(doctor, locked)  # whoever takes the study back holds this lock
        act = uuid.uuid4()
        reviews, entries = place_reviews(locked, words, replace(by(doctor), act=act))
        worklist.refresh(locked)
        have_reported(locked)
        entries += what_follows(locked, doctor, act=act, ticked=words.critical)
        history.write_all(entries, actor=doctor)
    return reviews


def place_reviews(locked: Study, words: StudyWords, signature: Signature) -> tuple[list[Review], list[Entry]]:
    """`sign_study` in the caller's transaction, which holds the study's row and writes the entries."""
    placed, twice = [], None
    several = len(words.films) > 1
    for number, scan, word in _films(locked, words):
        try:
            if _keeps_its_word(word, words):
                checks.check_nobody_was_faster(scan, _shown(word, locked))
                continue
            placed.append(_place(scan, word, words, signature, locked))
        except AlreadySigned as same:
            twice = same
        except ReviewRefused as refused:
            field = "own" if word.finding and refused.field in ("finding", "reason") else refused.field
            lead = f"Film {number}: " if several else ""
            raise type(refused)(f"{lead}{refused.message}", field=field) from refused
    if not placed:
        raise twice or ReviewRefused("Every film of this study keeps its word: nothing was signed.")
    return [review for review, _ in placed], [entry for _, entry in placed]


def _films(locked: Study, words: StudyWords) -> Iterator[tuple[int, Scan, FilmWord]]:
    """The films that count, each with its number on the page and its word; they must be those of the page."""
    said = {word.scan: word for word in words.films}
    scans = list(
        Scan.objects.filter(study=locked).select_related("set_aside_by").order_by("received_at", "id")
    )
    numbers = {scan.public_id: number for number, scan in enumerate(scans, 1)}
    counted = [scan for scan in scans if scan.set_aside_at is None]
    if locked.cancelled_at is not None and scans:
        checks.check_it_counts(scans[0], count_again=True)
    if gone := said.keys() - numbers.keys():
        films = "A film was" if len(gone) == 1 else f"{len(gone)} films were"
        raise ReviewRefused(
            f"{films} moved to another patient after you opened this page. Check whose it is, then sign."
        )
    for scan in scans:
        if scan.set_aside_at is not None and scan.public_id in said:
            raise ReviewRefused(
                f"{scan.set_aside_by} dismissed film {numbers[scan.public_id]} after you opened this page: "
                "it does not count. Look at the films that do, then sign."
            )
        if scan.set_aside_at is None and scan.public_id not in said:
            raise ReviewRefused(
                f"Film {numbers[scan.public_id]} came in after you opened this page. Look at it, then sign."
            )
    if not counted:
        raise ReviewRefused("No film of this study counts: there is nothing to sign.")
    for scan in counted:
        yield numbers[scan.public_id], scan, said[scan.public_id]


def _keeps_its_word(word: FilmWord, words: StudyWords) -> bool:
    return word.read and not word.finding and not all(other.read for other in words.films)


def _shown(word: FilmWord, locked: Study) -> Shown:
    return Shown(study=locked.public_id, review=word.last)


def _check_told(prediction: Prediction | None, choice: str, word: FilmWord) -> None:
    """To agree signs what the network tells: it must be the finding that the doctor chose."""
    told = prediction.shown_finding if prediction else None
    if told and choice == word.told and choice != told:
        raise ResultChanged(
            "The network tells another finding of this film than this form says. Read it again."
        )


def _place(
    scan: Scan, word: FilmWord, words: StudyWords, signature: Signature, locked: Study
) -> tuple[Review, Entry]:
    own = bool(word.finding)
    choice = word.finding if own else words.finding
    named = Prediction.objects.filter(scan=scan, public_id=word.prediction) if word.prediction else None
    prediction = named.first() if named is not None else None
    if prediction is None and word.prediction is not None:
        raise ResultChanged("This film has no such result. Read its result below, then sign.")
    _check_told(prediction, choice, word)
    structured = words.structured.of_film(scan.public_id)
    return place_review(
        scan=scan,
        prediction=prediction,
        signature=signature,
        decision=checks.decision_of(choice, word.told),
        finding=choice if choice in checks.FINDINGS else "",
        reason=word.reason if own else words.reason,
        note="\n".join(filter(None, (words.note.strip(), word.note.strip()))),
        shown=_shown(word, locked),
        structured=structured if not own else Structured(annotations=structured.annotations),
    )
