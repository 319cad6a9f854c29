"""Films dropped into somebody's list, and what is typed about them."""

import io

from accounts.models import User
from diagnosis.forms import BatchFilmForm
from diagnosis.models import BatchFilm, BatchState
from diagnosis.services import batches
from diagnosis.services.intake.batch_films import Added, add
from diagnosis.services.intake.batch_sending import Sent, send
from tests.films import phantom_png


def dropped(owner: User, **films: bytes | int) -> list[Added]:
    """Drop files by name, with "_" for the blank in it; a number draws a chest."""
    content = {name: phantom_png(film) if isinstance(film, int) else film for name, film in films.items()}
    return add(actor=owner, files=[(io.BytesIO(data), f"{name}.png") for name, data in content.items()])


def rows(owner: User) -> list[BatchFilm]:
    return list(BatchFilm.objects.filter(batch__owner=owner).select_related("batch__clinic").order_by("pk"))


def typed(film: BatchFilm, **values: str) -> None:
    batches.note_typed(film.batch, {film.public_id: {**film.typed, **values}})
    film.refresh_from_db()


def pressed(owner: User, *, seconds: float = 60, looks: bool = True) -> Sent:
    """Press Send as the page does; `looks`: after the page was shown once more."""
    ready = []
    films = rows(owner)
    if looks and films:
        batches.note_shown(films, batches.owners_of(films[0].batch, films))
    for film in rows(owner):
        form = BatchFilmForm(film, checked=True)
        if film.state in (BatchState.DRAFT, BatchState.SENDING) and form.is_valid():
            ready.append(form.ready())
    return send(actor=owner, ready=ready, seconds=seconds)
