"""Every setting of the portal, read from the environment, safe by default."""

import contextlib
import os
import warnings
from ipaddress import ip_network
from pathlib import Path

import environs

from portal.account_settings import *  # noqa: F403 - Django reads names of this module
from portal.api_settings import *  # noqa: F403 - Django reads names of this module
from portal.dicom_settings import *  # noqa: F403 - Django reads names of this module
from portal.limits_settings import *  # noqa: F403 - Django reads names of this module
from portal.logs import note_warning
from portal.queue_settings import *  # noqa: F403 - Django reads names of this module
from portal.shadow_settings import *  # noqa: F403 - Django reads names of this module

BASE_DIR = Path(__file__).resolve().parent.parent
# What any of its programs writes (database, films, mails) is for the portal's user and group alone.
os.umask(os.umask(0o027) | 0o027)

env = environs.FileAwareEnv()  # NAME_FILE works wherever NAME does, for secrets mounted as files
env.read_env(str(BASE_DIR / ".env"), recurse=False)

DEBUG = env.bool("DEBUG", default=False)
# Production has no default key: an installation must not start with a guessable one.
SECRET_KEY = env.str("SECRET_KEY", default="insecure-development-key" if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# Where people reach the portal, as https://carina.example.org: links in mails begin with it.
PUBLIC_ADDRESS = env.str("PUBLIC_ADDRESS", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where the portal keeps what it must not lose: films, derived images, models, the embedded database.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "media"))).resolve()
with contextlib.suppress(OSError):  # the embedded database needs its folder; checks report any fault
    DATA_DIR.mkdir(parents=True, exist_ok=True)
MEDIA_ROOT = DATA_DIR  # never served as a folder: every film goes through a permission check
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

INSTALLED_APPS = [
    "accounts",
    "diagnosis",
    "accounts.admin_config.CarinaAdminConfig",  # Django admin, behind the portal's own sign-in
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "portal.middleware.BrowserRules",
    "portal.middleware.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.Compressed",
    "csp.middleware.CSPMiddleware",
    "portal.outage.ReadAgain",
    "portal.outage.FilmDoor",  # before any that reads the form
    "portal.middleware.PrivateAnswers",
    "portal.middleware.ReadableRequests",  # before the CSRF check, which reads too
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.denials.DenialsOnRecord",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.time_zone.ClinicTime",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.IdleTimeout",
    "portal.middleware.Bodies",
    "portal.middleware.WordsForNotAllowed",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorFirst",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.kept_forms.KeptForms",
]
CSRF_FAILURE_VIEW = "accounts.kept_forms.csrf_failure"

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database: SQLite in WAL mode unless DATABASE_URL names a MySQL or MariaDB server.
DATABASE_CHOSEN = bool(env.str("DATABASE_URL", default=""))  # a system check warns if nobody did
DATABASES = {"default": env.dj_db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'carina.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        charset="utf8mb4",
        init_command="SET sql_mode='STRICT_TRANS_TABLES'",
        isolation_level="read committed",
    )
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",  # writers queue at BEGIN instead of failing in the middle
        timeout=30,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    )
# MySQL and MariaDB drop allauth's conditional constraints; accounts/migrations/0004 keeps the rules there.
SILENCED_SYSTEM_CHECKS = ["models.W036"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "portal.cache.ForgivingRedisCache", "LOCATION": REDIS_URL}}

if env.str("EMAIL_URL", default=""):
    _email = env.dj_email_url("EMAIL_URL")
    EMAIL_BACKEND = _email["EMAIL_BACKEND"]
    EMAIL_FILE_PATH = _email["EMAIL_FILE_PATH"] or None
    EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
else:  # no mail server yet: each message becomes a file, so that none is lost
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="carina@localhost")

# Security. HTTPS is the default; only script/demo turns it off, for a loopback address.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_SSL_HOST = PUBLIC_ADDRESS.partition("://")[2] or None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
# Messages contain file names, often with patients' names: in a cookie they would outlive the session and be
# shown to the next user.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):  # only then is the header trusted that says the client used HTTPS
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # else everybody shares the proxy's address and its rate limit
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # data: for the icons inside Bootstrap's style sheet
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# Intake limits, for each film
MAX_FILM_BYTES = env.int("MAX_FILM_MEGABYTES", default=50) * 1024 * 1024
MAX_FILM_PIXELS = env.int("MAX_FILM_MEGAPIXELS", default=64) * 1_000_000
# Bodies of requests: a form by anybody, and everything that a signed-in person or a token sends at once.
MAX_FORM_BYTES = 16 * 1024
MAX_REQUEST_BYTES = env.int("MAX_REQUEST_MEGABYTES", default=1000) * 1024 * 1024
# How long a film that arrives by pieces waits for its next one.
UPLOAD_DAYS = env.int("UPLOAD_DAYS", default=3)
# How long a notice stays after it was read, and a webhook's message after it arrived; 0: for ever.
NOTICE_DAYS = env.int("NOTICE_DAYS", default=365)
WEBHOOK_LOG_DAYS = env.int("WEBHOOK_LOG_DAYS", default=90)
FILE_UPLOAD_TEMP_DIR = env.str("UPLOAD_DIR", default=None)  # None: the system's folder for temporary files
# What is kept free below DATA_DIR for database, logs and results: with less, no film is taken.
MIN_FREE_BYTES = env.int("MIN_FREE_MEGABYTES", default=512) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # larger films go to a temporary file, not into memory
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_HANDLERS = [
    "diagnosis.services.intake.form_reader.FormReader",  # first: it takes the texts out of the form
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "diagnosis.services.intake.upload_handler.FilmUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o640

# Static files: front-end libraries come from node_modules, pinned in package.json; two are bundled.
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
_libraries = [
    ("vendor/bootstrap/css", BASE_DIR / "node_modules/bootstrap/dist/css"),
    ("vendor/bootstrap/js", BASE_DIR / "node_modules/bootstrap/dist/js"),
    ("vendor/htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("vendor/bundled", BASE_DIR / "build/front-end"),
]
STATICFILES_DIRS = [BASE_DIR / "portal/static"] + [pair for pair in _libraries if pair[1].is_dir()]
_hashed = "portal.static_files.HashedFiles"
_plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _hashed if env.bool("HASHED_STATIC", default=not DEBUG) else _plain},
}

# Answer with the mean of three looks at a film instead of the plain one. All three are taken either way.
AVERAGE_LOOKS = env.bool("AVERAGE_LOOKS", default=False)

# How many analysed films of a clinic make the window that its later films are compared with; never below 100.
DRIFT_WINDOW_FILMS = env.int("DRIFT_WINDOW_FILMS", default=200)

# The record. The key signs what the database alone must not be able to forge; without one it is made once and
# kept in DATA_DIR/audit/key. Several keys with spaces between them: the first signs, the others are believed.
AUDIT_KEY = env.str("AUDIT_KEY", default="")
# A look at patient data is on disk before the page is answered, and in the chain a few seconds later.
AUDIT_DEFER_LOOKS = env.bool("AUDIT_DEFER_LOOKS", default=True)

# The head of the record is anchored outside the database every day, and after so many events: in a file, and
# from there by mail and to a URL (HTTPS, POST).
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default="")  # else DATA_DIR/audit/anchors
AUDIT_ANCHOR_MAIL: list[str] = env.list("AUDIT_ANCHOR_MAIL", default=[])
AUDIT_ANCHOR_URL = env.str("AUDIT_ANCHOR_URL", default="")
AUDIT_ANCHOR_EVENTS = env.int("AUDIT_ANCHOR_EVENTS", default=10_000)

# Webhooks lead to the internet by HTTPS. Receivers in a network of the clinic's own are reached only where
# that is named here, as 10.1.2.0/24; plain HTTP, only on this machine itself where its loopback is.
WEBHOOK_PRIVATE_NETWORKS = [
    ip_network(text.strip(), strict=False)
    for text in env.list("WEBHOOK_PRIVATE_NETWORKS", default=["127.0.0.0/8", "::1/128"] if DEBUG else [])
    if text.strip()
]

CELERY_BROKER_URL = REDIS_URL

CRISPY_ALLOWED_TEMPLATE_PACKS = ["bootstrap5"]
CRISPY_TEMPLATE_PACK = "bootstrap5"
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["portal.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
USE_I18N = True

# Logs go to standard output; they hold ids, never patient data.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.logs.Line"}},
    "filters": {"quotes_no_header": {"()": "portal.logs.QuotesNoHeader"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["quotes_no_header"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
if not DEBUG:
    warnings.showwarning = note_warning
