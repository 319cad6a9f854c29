"""What trains and draws stays out of every process that serves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

WORKER = """
import os, sys
from io import BytesIO
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from portal.celery import app
app.loader.import_default_modules()
from accounts.models import Clinic
from diagnosis import tasks
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.models import Patient, Prediction, Study
from diagnosis.services import messenger, registry
from diagnosis.services.intake import films
messenger.announce = lambda scan_id: None
registry.promote(model_version=registry.register(bundle_path=registry.shipped_bundle(), actor=""), actor="")
clinic = Clinic.objects.create(name="Clinic")
patient = Patient.objects.create(clinic=clinic, number="1")
study = Study.objects.create(clinic=clinic, patient=patient)
picture = BytesIO()
draw_phantom(seed=1).save(picture, "PNG")
picture.seek(0)
films.receive(study=study, film=picture, name="phantom.png", actor="", is_phantom=True)
tasks.analyse_next()
assert Prediction.objects.count() == 1
"""


WEB = """
import portal.wsgi
from django.test import Client
from django.urls import get_resolver
get_resolver().url_patterns, get_resolver().reverse_dict
assert Client().get("/healthz").status_code == 200
Client().get("/worklist/")
Client().get("/accounts/login/")
assert "ai_edge_litert" not in __import__("sys").modules, "the web process needs no network"
"""


NOTHING_OF_TRAINING = """
import sys
loaded = {name.split(".")[0] for name in sys.modules} & {"tensorflow", "keras", "matplotlib", "sklearn"}
assert not loaded, f"{loaded} was imported"
"""


@pytest.mark.parametrize("program", [WORKER, WEB], ids=["worker", "web"])
def test_neither_web_nor_worker_ever_imports_what_trains_and_draws(program: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'carina.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ALLOWED_HOSTS": "testserver",
    }
    done = subprocess.run(
        [sys.executable, "-c", program + NOTHING_OF_TRAINING],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
