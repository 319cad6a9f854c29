"""What templates may not hold: figures that somebody measured, which belong to the model's card."""

import re

from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"
FIGURE = re.compile(r"\d ?%|\bper ?cent\b|\bin (ten|twenty|fifty|a hundred)\b|\b0\.\d|\d in \d")
AT_FIRST = "<output>35 %</output>"  # the heatmap's slider, which its script fills in again
# How a figure is made, and the ends of an axis: nobody measured these.
METHOD = re.compile(
    r"95 %\s+(intervals|CI|of the differences)|(keep|spare) 95 % of"
    r"|0\.5 is chance|reaches 0\.5|middle 80 %|>0 %</text>|>100 %</text>"
    r'|<span>0 %</span>|100 % abnormal</span>|="100%"|<output>70 %</output>'
)


def claims(text: str) -> list[str]:
    written = METHOD.sub("", re.sub(r"{%.*?%}|{{.*?}}", "", text.replace(AT_FIRST, "")))
    return [found.group() for found in FIGURE.finditer(written)]


def test_no_template_claims_what_was_measured() -> None:
    assert claims("It missed three to five in ten, or 40 %.") == ["in ten", "0 %"]
    found = {path.name: claims(path.read_text()) for path in TEMPLATES.rglob("*.*")}
    assert {name: figures for name, figures in found.items() if figures} == {}
