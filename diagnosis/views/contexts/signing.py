"""The one form of the study page, as it is shown: new, refused, given back after an undo, or waiting."""

from typing import Any

from django.http import QueryDict

from accounts.models import User
from diagnosis.access import phrases_for, signatures_for
from diagnosis.forms import SignForm
from diagnosis.models import PendingSignature, SignatureState, Study
from diagnosis.services import critical, referred
from diagnosis.views.contexts.blind import own_word
from diagnosis.views.contexts.study import Reading


def sign_form(films: list[Reading], reader: User, data: QueryDict | None = None, **options: Any) -> SignForm:
    """The form about the films that count."""
    counted = [film for film in films if film.scan.set_aside_at is None]
    # by the rule of the clinic whose film it is: there somebody hears of it
    asks = critical.are_kept(films[0].scan.clinic_id if films else reader.clinic_id)
    return SignForm(data, films=counted, phrases=phrases_for(reader), asks_critical=asks, **options)


def signing(study: Study, reader: User, films: list[Reading], refused: SignForm | None) -> dict[str, Any]:
    """What the page's form needs; `refused`: a form that came back."""
    if not referred.may_read(reader, study) or study.cancelled_at is not None:
        return {}
    own = signatures_for(reader).filter(study=study)
    draft = _draft(own) if refused is None else None
    typed, restored = _typed(draft), draft is not None
    form = refused or sign_form(films, reader, typed, restored=restored, initial=own_word(study, reader))
    if draft is not None and draft.state == SignatureState.RETURNED:
        form.forget_choice()  # what it was about has changed
    if not form.films:
        return {}
    return {"sign": form, "sign_waiting": own.filter(open=True).first(), "sign_draft": draft}


def _draft(own: Any) -> PendingSignature | None:
    """The doctor's last press on this study, if it was undone or came back and nothing was done since."""
    last: PendingSignature | None = own.order_by("-id").first()
    back = (
        last is not None
        and not last.dealt_with
        and last.state in (SignatureState.UNDONE, SignatureState.RETURNED)
    )
    return last if back else None


def _typed(draft: PendingSignature | None) -> QueryDict | None:
    if draft is None:
        return None
    data = QueryDict(mutable=True)
    for name, values in draft.typed.items():
        data.setlist(name, values)
    return data
