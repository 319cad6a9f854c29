"""The words for what the checks find, the same on pages, in the API, in the ledger and in mails."""

from typing import Final

REFUSED: Final = {
    "not_a_chest_film": "Not a chest film",
    "lateral": "Lateral view",
    "lungs_cut_off": "Lungs cut off",
    "too_small_to_read": "Too small to read",
    "blank": "Blank picture",
    "colour_picture": "Picture in colour",
    "out_of_distribution": "Unlike any film the network knows",
    "not_a_chest_radiograph": "Not a frontal chest X-ray",
}
_SEND_FRONTAL: Final = "Send the frontal film, if there is one. This one can be read and signed all the same."
ADVICE: Final = {
    "not_a_chest_film": "Check that the right picture was sent, and send the film itself.",
    "lateral": _SEND_FRONTAL,
    "lungs_cut_off": "Send a film that shows both lungs whole, if there is one.",
    "too_small_to_read": "Export the film again in its full size.",
    "blank": "Export the film again, and look at it before it is sent.",
    "colour_picture": "Export the film itself in grey instead of a photograph of it.",
    "out_of_distribution": "A doctor reads this film without the network.",
    "not_a_chest_radiograph": "Check that the right picture was sent, and send the film itself.",
}
CORRECTED: Final = {
    "inverted": "Inverted: it came with black and white exchanged",
    "rotated_90": "Turned by 90°: it came lying on its right side",
    "rotated_180": "Turned by 180°: it came upside down",
    "rotated_270": "Turned by 90°: it came lying on its left side",
}
CAUTIONS: Final = {
    "mirrored_suspected": "This film may be mirrored, left for right. Check its side marker.",
    "burnt_in_text_suspected": "Words seem to be burnt into this picture: check that it is not a name.",
    "letters_over_lungs": "Words lie over the lungs of this picture, and the network was not shown what is "
    "under them. Send the film without them, if there is one.",
    "too_dark": "This film is very dark, so faint shadows may be lost. Export it brighter, if you can.",
    "too_bright": "This film is very bright, so faint shadows may be lost. Export it darker, if you can.",
    "too_flat": "This film has hardly any contrast. Export it again in a narrower window, if you can.",
    "few_grey_levels": "This film has few shades of grey. Export it again with all of them (8 bits or more), "
    "if you can.",
    "lungs_cut_off_suspected": "A part of the lungs may lie outside this film. Read what is there, and "
    "repeat the film if something is missing.",
    "several_films": "There seem to be several films in this picture. Send each as a file of its own.",
    "film_photographed": "This seems to be a photograph of a film. Send the file of the X-ray machine, if "
    "there is one.",
    "needs_correction": "This film seems to be inverted or turned, and was read as it came.",
}
CAUTION_NAMES: Final = {
    "mirrored_suspected": "Mirrored?",
    "burnt_in_text_suspected": "Words burnt in?",
    "letters_over_lungs": "Words over the lungs",
    "too_dark": "Too dark",
    "too_bright": "Too bright",
    "too_flat": "Too flat",
    "few_grey_levels": "Few grey levels",
    "lungs_cut_off_suspected": "Lungs cut off?",
    "several_films": "Several films in one picture",
    "film_photographed": "Photograph of a film",
    "needs_correction": "Inverted or turned, not corrected",
}


def refusal(code: str) -> str:
    """Why a film was refused, in a few words; what another door or decoder calls it is spelt out."""
    return REFUSED.get(code) or _spelt(code)


def advice(code: str) -> str:
    """What to do about a refusal; "" where its own sentence says it."""
    return ADVICE.get(code, "")


def correction(code: str) -> str:
    """What was put right, and how the film came: "Turned by 180°: it came upside down"."""
    return CORRECTED.get(code) or _spelt(code)


def caution(code: str) -> str:
    """What the checks warn of, and what to do, in a sentence."""
    known = CAUTIONS.get(code)
    return known or f"The checks of this film’s picture warn: {_spelt(code).lower()}. Read it with care."


def name(code: str) -> str:
    """A reason of any kind in a few words, for the ledger."""
    known = REFUSED | CAUTION_NAMES | {code: words.partition(":")[0] for code, words in CORRECTED.items()}
    if code in ("rotated_90", "rotated_270"):
        return CORRECTED[code].replace("Turned by 90°: it came l", "L")
    return known.get(code) or _spelt(code)


def _spelt(code: str) -> str:
    words = code.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
