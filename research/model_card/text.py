"""The model card's sections put together, with paths to its pictures."""

import os
from pathlib import Path

from research.model_card import about, measured, pictured
from research.model_card.contents import Contents

SECTIONS = (
    about.summary,
    about.use,
    measured.figures,
    pictured.studies,
    measured.operating_points,
    measured.unsure,
    measured.calibration,
    pictured.failures,
    pictured.attention,
    about.training,
)


def as_markdown(contents: Contents, *, folder: Path) -> str:
    """The whole card; pictures are linked relative to the folder that it will lie in."""
    text = "\n".join(line for section in SECTIONS for line in section(contents))
    for name, path in contents.pictures.items():
        text = text.replace(f"]({{{name}}})", f"]({Path(os.path.relpath(path, folder)).as_posix()})")
    return text
