"""What an archive says, in words for whoever waits for the film."""


class NotDelivered(Exception):
    """The archive does not have the film. final: trying again by itself would change nothing."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.final = reason, final
