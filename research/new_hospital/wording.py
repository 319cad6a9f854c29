"""Words for changes and sides, in every table alike."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CHANGE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "as_it_is": "as it is",
        "softened_1.5": "softened 1.5 px",
        "softened_3": "softened 3 px",
        "softer_3": "softened 3 own px",
        "reduced_299": "reduced to 299 px",
        "reduced_224": "reduced to 224 px",
        "compressed": "JPEG 40",
        "grainy": "grain, 5 levels",
        "equalised": "CLAHE",
        "gamma_0.7": "gamma 0.7",
        "gamma_1.4": "gamma 1.4",
        "darker_borders": "darker borders",
        "lettered": "a letter burnt in",
        "brought_back_112": "112 px and back",
        "lungs_black": "lungs black",
    }
)
TRUTH_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"normal": "normal", "abnormal": "abnormal", "other": "other"}
)
