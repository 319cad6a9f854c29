"""The settings of the door for X-ray machines (manage.py dicom_listener), read from the environment."""

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
