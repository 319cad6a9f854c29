"""The names that people read for the record's actors: people, computers and parts of the portal."""

from collections.abc import Iterable

from accounts.models import ApiToken, User

COMPUTER = "token:"  # what the record calls one by, with the first characters of its key
MACHINE = "dicom:"  # … and an X-ray machine, with its AE title
PARTS = {
    "carina": "The portal",
    "sweeper": "The portal",
    "worker": "The analysis",
    "demo": "The demonstration",
    "anonymous": "Somebody not signed in",
}


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The name of each actor, by what the record calls them; who has none keeps what it says."""
    said = set(actors)
    prefixes = [actor.removeprefix(COMPUTER) for actor in said if actor.startswith(COMPUTER)]
    people = {user.email: user.get_full_name() for user in User.objects.filter(email__in=said)}
    computers = {
        f"{COMPUTER}{token.prefix}": f"Computer “{token.name}”"
        for token in ApiToken.objects.filter(prefix__in=prefixes)
    }
    machines = {
        actor: f"X-ray machine “{actor.removeprefix(MACHINE)}”" for actor in said if actor.startswith(MACHINE)
    }
    known = {**PARTS, **people, **computers, **machines}
    return {actor: known.get(actor) or actor for actor in said}
