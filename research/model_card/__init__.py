"""The model card: what a network is, for whom, and how well it does for which films, from fresh figures."""

from pathlib import Path

from research.model_card.contents import Request, Say, Study, gather
from research.model_card.text import as_markdown

__all__ = ["Request", "Study", "write_model_card"]


def write_model_card(request: Request, out: Path, *, say: Say = lambda words: None) -> list[Path]:
    """Evaluate, draw, write; returns the card's path and those of its pictures.

    Raises ManifestError where films, masks or tables cannot be used, ModuleNotFoundError, in words, where
    matplotlib is not installed.
    """
    contents = gather(request, say=say)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(as_markdown(contents, folder=out.parent), encoding="utf-8")
    return [out, *contents.pictures.values()]
