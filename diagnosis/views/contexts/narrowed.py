"""The list of studies that an address asks for: the clinic's own, or what others refer to it."""

from collections.abc import Collection

from django.http import QueryDict

from accounts.models import Clinic, User
from diagnosis.access import named_studies_for, referred_studies_for, studies_for
from diagnosis.filters import WorklistFilter
from diagnosis.services import tabs


def narrowed(asked: QueryDict, user: User, untold: Collection[int]) -> WorklistFilter:
    """The list as it is narrowed. `untold`: of these the reader is not told what the network says."""
    if tabs.named(str(asked.get("tab", ""))).name != tabs.REFERRED:
        own, named = studies_for(user), named_studies_for(user)
        return WorklistFilter(asked, queryset=own, named=named, user=user, untold=untold)
    found = referred_studies_for(user, most=tabs.MOST_OWN)
    keys = found.order_by().values("clinic")
    clinics = {clinic: str(clinic.public_id) for clinic in Clinic.objects.filter(pk__in=keys)}
    return WorklistFilter(asked, queryset=found, named=found, user=user, untold=untold, clinics=clinics)
