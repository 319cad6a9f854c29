"""The door of X-ray machines: C-ECHO and C-STORE over the network (DICOM PS3.7 and PS3.8)."""
