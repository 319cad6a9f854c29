"""DICOMweb: a clinic's systems send films (STOW-RS), look for them (QIDO-RS) and fetch them (WADO-RS)."""
