"""The project: wiring only. Loads the Celery application with Django, so that tasks can be queued."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
