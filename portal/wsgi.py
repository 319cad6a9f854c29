"""The WSGI entry point that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
settings.SECRET_KEY  # noqa: B018 - without a key Django says so here, not at somebody's first sign-in
application = get_wsgi_application()
