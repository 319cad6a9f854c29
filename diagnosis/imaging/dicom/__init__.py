"""Reads DICOM films: what the header says, and the stored values as a doctor would see them."""
