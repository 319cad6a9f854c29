"""The settings of the API for other systems, read from the environment like all others."""

from pathlib import Path

import environs

env = environs.FileAwareEnv()
env.read_env(str(Path(__file__).resolve().parent.parent / ".env"), recurse=False)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["diagnosis.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["diagnosis.api.authentication.HasScopes"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["diagnosis.api.throttling.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"token": env.str("API_RATE", default="600/min"), "bad_token": "30/min"},
    "NUM_PROXIES": 1 if env.bool("BEHIND_PROXY", default=False) else 0,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,  # `Accept` says what is wanted; a second way would be asked about in vain
    "EXCEPTION_HANDLER": "diagnosis.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Carina API",
    "DESCRIPTION": "Submit chest X-ray studies, read their state, result and report, and correct what is "
    "known about them. Research use only.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "diagnosis.api.schema.finishing.finished",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SexEnum": "diagnosis.models.Sex",
        "FindingEnum": "diagnosis.models.Finding",
        "TriageEnum": "diagnosis.models.Triage",
        "StandingEnum": "diagnosis.models.Standing",
    },
}
