"""Films whose lungs somebody drew, as a manifest's column `lung_mask` names them, checked before training."""

import csv
from pathlib import Path

from diagnosis.cnn.evaluation.manifest import ManifestError, read_manifest


def rows_with_masks(manifest: Path) -> list[dict[str, str]]:
    """The rows of a CSV manifest that name a lung mask, a path relative to the manifest's folder.

    Raises ManifestError with every reason why no lung network can be trained on them: a manifest that cannot
    be read, no film with a mask, none in the train split, files that are missing.
    """
    if manifest.is_dir():
        raise ManifestError([f"{manifest}: a folder has no lung masks; name a CSV with a column lung_mask"])
    read_manifest(manifest)
    with manifest.open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.DictReader(stream) if (row.get("lung_mask") or "").strip()]
    if not rows:
        raise ManifestError([f"{manifest}: no film has a lung mask (a path in the column lung_mask)"])
    problems = [
        f"{row[column] or 'a row without a file'}: no such file in {manifest.parent}"
        for row in rows
        for column in ("file", "lung_mask")
        if not (manifest.parent / row[column]).is_file()
    ]
    if not any((row.get("split") or "").strip() == "train" for row in rows):
        problems.append(f"{manifest}: none of the {len(rows)} films with a lung mask is in the train split")
    if problems:
        raise ManifestError(problems)
    return rows
