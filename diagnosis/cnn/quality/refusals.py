"""Why a picture is refused: a code for programs, a sentence and an advice for each, and how sure that is."""

from typing import Final, Self

from diagnosis.imaging.refusal import FilmRefused

RIGHT_PICTURE: Final = "Check that the right picture was sent, and send the film itself."
FRONTAL_FILM: Final = "Send the film from the front (PA or AP); the network has learned from no others."
WHOLE_FILM: Final = "Send the whole film, with both lungs from their tips to the diaphragm."
# Message and advice by code.
REFUSALS: Final = {
    "not_a_chest_film": ("This does not look like an X-ray of the chest.", RIGHT_PICTURE),
    "lateral": ("This looks like a chest film from the side, not from the front.", FRONTAL_FILM),
    "lungs_cut_off": ("The picture shows only a part of the chest.", WHOLE_FILM),
    "too_few_grey_levels": (
        "The picture has hardly any shades of grey: it looks like a drawing, not an X-ray.",
        RIGHT_PICTURE,
    ),
    "blank": ("The picture is blank or nearly so.", RIGHT_PICTURE),
    "colour_picture": ("The picture is in colour: it looks like a photograph, not an X-ray.", RIGHT_PICTURE),
    "out_of_distribution": (
        "This does not look like a frontal chest X-ray, so it was not analysed.",
        RIGHT_PICTURE,
    ),
}


class NotAChestRadiograph(FilmRefused):
    """The picture is not a film that the network was made for; has a code, a message and advice.

    confidence: the probability, 0-1, that the film checks give the reason; None where nothing is estimated.
    """

    def __init__(
        self, code: str, message: str, advice: str = "", name: str = "", *, confidence: float | None = None
    ) -> None:
        super().__init__(code, message, advice, name)
        self.confidence = confidence

    def named(self, name: str) -> Self:
        """The same refusal with the file's name."""
        return type(self)(self.code, self.message, self.advice, name=name, confidence=self.confidence)


def refusal(code: str, confidence: float | None = None) -> NotAChestRadiograph:
    """The refusal of this code; KeyError if there is none."""
    message, advice = REFUSALS[code]
    return NotAChestRadiograph(code, message, advice, confidence=confidence)
