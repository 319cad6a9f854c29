"""The settings of the door for X-ray machines and of films that leave, read from the environment."""

from pathlib import Path

import environs

env = environs.FileAwareEnv()
env.read_env(str(Path(__file__).resolve().parent.parent / ".env"), recurse=False)

DICOM_PORT = env.int("DICOM_PORT", default=11112)
DICOM_AE_TITLE = env.str("DICOM_AE_TITLE", default="CARINA")
DICOM_ASSOCIATIONS = env.int("DICOM_ASSOCIATIONS", default=16)
# with a certificate the door speaks TLS alone; DICOM_TLS_CLIENTS: whose certificates machines must show
DICOM_TLS_CERTIFICATE = env.str("DICOM_TLS_CERTIFICATE", default="")
DICOM_TLS_KEY = env.str("DICOM_TLS_KEY", default="")
DICOM_TLS_CLIENTS = env.str("DICOM_TLS_CLIENTS", default="")

# Films on their way to an archive: how long one may take, and for how many days it is tried.
DELIVERY_HARD_SECONDS = env.int("DELIVERY_HARD_SECONDS", default=600)
DELIVERY_DAYS = env.int("DELIVERY_DAYS", default=7)
# Exports without names: how long one may take to be prepared, and for how long its file is kept.
EXPORT_HARD_SECONDS = env.int("EXPORT_HARD_SECONDS", default=6 * 3600)
EXPORT_HOURS = env.int("EXPORT_HOURS", default=4)
# A report as a document takes a second or two, one of nine films and a long note a few more.
REPORT_HARD_SECONDS = env.int("REPORT_HARD_SECONDS", default=120)
