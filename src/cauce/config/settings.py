"""Settings, read strictly from the environment: a name that is misspelt or a value that is no such thing stops the start."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import environ
from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

env = environ.Env()
SOURCE = Path(__file__).resolve().parents[1]

KNOWN = {"CAUCE_DEMO", "CAUCE_DATA", "CAUCE_ORIGIN", "CAUCE_SECRET_KEY", "CAUCE_TESTING", "CAUCE_SMTP_URL",
         "CAUCE_MAIL_FROM", "CAUCE_TEST_DATABASES", "CAUCE_FILES", "CAUCE_FILE_SCANNER",
         "CAUCE_ARRIVAL_HEADER", "CAUCE_BOARD", "CAUCE_PROBE_URL", "CAUCE_LIVE_NEAR",
         "CAUCE_OFFER_KEY", "CAUCE_OFFER_KEY_SECRET"}  # fmt: skip
if unknown := {name for name in env.ENVIRON if name.startswith("CAUCE_")} - KNOWN:
    raise ImproperlyConfigured(
        f"Unknown settings: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(KNOWN))}."
    )

DEMO = env.bool("CAUCE_DEMO", default=False)
TESTING = env.bool("CAUCE_TESTING", default=False)
DATA = Path(env.str("CAUCE_DATA", default=str(SOURCE.parents[1] / "var" / "data")))
# The PKCS#12 file whose key signs offers, and its secret. Without it demos make one of their own; others offer nothing.
OFFER_KEY = env.str("CAUCE_OFFER_KEY", default="")
OFFER_KEY_SECRET = env.str("CAUCE_OFFER_KEY_SECRET", default="")
ORIGIN = env.str("CAUCE_ORIGIN", default="http://localhost:8000")
# The origin that serves the boards of live choices (cauce.config.board); empty: pages are reloaded by hand.
BOARD = env.str("CAUCE_BOARD", default="").rstrip("/")
# With how many people before them somebody of a live choice is told that their turn is near: turns of a minute or two
# make of ten people a quarter of an hour, enough to find a quiet place and a signal.
LIVE_NEAR = max(1, env.int("CAUCE_LIVE_NEAR", default=10))
DEBUG = False

if DEMO or TESTING:
    # One key per data folder, so that a restart of the demo keeps its sessions.
    SECRET_KEY = hashlib.sha256(f"demo {DATA}".encode()).hexdigest()
else:
    SECRET_KEY = env.str("CAUCE_SECRET_KEY")

_host = ORIGIN.split("://", 1)[-1].split(":")[0]
ALLOWED_HOSTS = [_host, "localhost", "127.0.0.1"] if DEMO or TESTING else [_host]
if TESTING:
    ALLOWED_HOSTS.append("testserver")
CSRF_TRUSTED_ORIGINS = [ORIGIN]

# Where the worker asks whether the web edge serves, as people reach it; empty: only the worker is measured.
PROBE_URL = env.str("CAUCE_PROBE_URL", default="")

# Where a proxy in front writes when it received a request; empty: only our own server's stamp counts.
ARRIVAL_HEADER = ""
if header := env.str("CAUCE_ARRIVAL_HEADER", default=""):
    ARRIVAL_HEADER = "HTTP_" + header.upper().replace("-", "_")

# The demo tells a past story; whoever prepares it writes down how far its clock is moved.
CLOCK_OFFSET = timedelta(0)
if DEMO and (DATA / "clock.json").exists():
    CLOCK_OFFSET = timedelta(seconds=json.loads((DATA / "clock.json").read_text())["offset_seconds"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "cauce.config.apps.Config",
    "cauce.base.apps.Base",
    "cauce.accounts.apps.Accounts",
    "cauce.notices.apps.Notices",
    "cauce.institutions.apps.Institutions",
    "cauce.calls.apps.Calls",
    "cauce.allocation.apps.Allocation",
    "cauce.indicators.apps.Indicators",
    # After ours, whose templates give its pages our look.
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cauce.base.web.RequestContext",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cauce.base.web.LoginRequired",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "cauce.config.urls"
WSGI_APPLICATION = "cauce.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SOURCE / "base" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cauce.base.web.chrome",
                "cauce.notices.views.frame",
            ],
            "builtins": [
                "cauce.base.templatetags.cauce",
                "cauce.base.templatetags.drawings",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]
if TESTING:
    # A value that a template names and nobody gave is shown, so that tests can find it.
    TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "⟦%s⟧"  # type: ignore[index]
FORM_RENDERER = "cauce.base.forms.Renderer"
ACTOR_RESOLVER = "cauce.accounts.queries.actor_for"

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA / 'cauce.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE and WAL: several processes write one file without ever seeing "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {})
    if not TESTING:
        DATABASES["default"]["OPTIONS"]["pool"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# E-mail addresses are unique whatever their case, by a constraint that this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
if TESTING:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
# Chores of the worker between tasks: path -> seconds between two times.
PERIODIC = {
    "cauce.base.management.commands.work.reap": 3,
    "cauce.base.management.commands.work.seal": 2,
    "cauce.base.tasks.beat": 10,
    "cauce.base.tasks.carry_on": 20,
    "cauce.base.tasks.sweep_files": 3600,
    "cauce.calls.tasks.walk_audit_daily": 600,
    "cauce.notices.tasks.deliver": 1,
    "cauce.calls.tasks.count_demand": 15,
    "cauce.calls.tasks.make_up_for_outages": 30,
    "cauce.calls.tasks.remind": 60,
    "cauce.calls.tasks.tend_draws": 15,
    "cauce.allocation.tasks.ask_for_outlooks": 120,
    "cauce.allocation.tasks.tend_live_choices": 1,
    "cauce.allocation.tasks.lapse_offers": 5,
}

# ------------------------------------------------------------------ people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/mi/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "cauce.accounts.queries.display_name"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "cauce.accounts.views.Entrance"
ACCOUNT_FORMS = {"login": "cauce.accounts.forms.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # who owns an account hears of every change of its password and keys
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Beside the library's own limits: tries at the folio of a paper application, by account and by whom it claims to be.
ACCOUNT_RATE_LIMITS = {"claim_paper": "5/h/user,20/d/key"}
# What every action and fact of the audit is called on pages.
AUDITED = "cauce.config.audited"
# What each app keeps about a person, by section of the file that they can take away.
HELD_ABOUT = {"accounts": "cauce.accounts.queries.held", "notices": "cauce.notices.queries.held"}
# Why what a person did must outlive a cancellation, and what each app erases then.
KEPT_ABOUT = ("cauce.calls.queries.kept_about",)
FORGETS = ("cauce.notices.operations.forget",)
# What waits for a person beyond their applications, for their home.
WAITS_FOR = ("cauce.allocation.queries.waiting_for",)
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO or TESTING

# ------------------------------------------------------------------- mail
# Whatever writes a mail writes it to the outbox; the worker hands it to the real carrier.
EMAIL_BACKEND = "cauce.notices.tasks.Outbox"
DEFAULT_FROM_EMAIL = env.str("CAUCE_MAIL_FROM", default="Cauce <no-responder@cauce.example>")
if smtp := env.str("CAUCE_SMTP_URL", default=""):
    MAIL_CARRIER = "cauce.notices.bridge.Smtp"
    vars().update({k: v for k, v in env.email_url_config(smtp).items() if k != "EMAIL_BACKEND"})
else:
    MAIL_CARRIER = "cauce.notices.bridge.Folder"
    EMAIL_FILE_PATH = DATA / "mail"
EMAIL_TIMEOUT = 30  # seconds for each answer of the server: one that says nothing must not stop the worker
# The texts of letters, by app: tuples of ``cauce.base.texts.Text``.
LETTERS = (
    "cauce.accounts.rules.letters.LETTERS", "cauce.calls.rules.letters.LETTERS", "cauce.allocation.rules.letters.LETTERS",
)  # fmt: skip

# ---------------------------------------------------------- language and time
LANGUAGE_CODE = "es-mx"
LANGUAGES = [("es-mx", _("Español")), ("en", _("Inglés"))]
LOCALE_PATHS = [SOURCE / "locale"]
FORMAT_MODULE_PATH = ["cauce.base.formats"]
TIME_ZONE = "America/Mexico_City"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False  # the tag `number` does it where it is a quantity, so that years stay whole

# ----------------------------------------------------------------- static
STATIC_URL = "/static/"
# Nothing is collected for demos and tests: files are served from where they are.
STATIC_ROOT = None if DEMO or TESTING else DATA / "static"
STATICFILES_DIRS = [("bootstrap", files("bootstrap")._paths[0])]  # type: ignore[attr-defined]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    # What people upload, by digest. Never served by its address: only through views that ask who may see it.
    "files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("CAUCE_FILES", default=str(DATA / "files")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
# A callable from the bytes of an upload to the name of the malware in it, or "": its path.
FILE_SCANNER = env.str("CAUCE_FILE_SCANNER", default="")

# --------------------------------------------------------------- security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, BOARD] if BOARD else [SELF],
        "object-src": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_FAILURE_VIEW = "cauce.base.web.csrf_failure"
if not (DEMO or TESTING):
    SECURE_SSL_REDIRECT = ORIGIN.startswith("https://")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ORIGIN.startswith("https://")
    SECURE_HSTS_SECONDS = 31_536_000 if ORIGIN.startswith("https://") else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# The items of the public navigation: label and view.
NAVIGATION = [
    (_("Convocatorias"), "calls:calls"),
    (_("Plazas"), "calls:search"),
    (_("Resultados"), "allocation:results"),
    (_("Cifras"), "indicators:figures"),
]
# What the foot of every page leads to besides.
CATALOGUES = [
    (_("Sedes"), "institutions:sites"),
    (_("Especialidades"), "institutions:specialties"),
    (_("Instituciones"), "institutions:institutions"),
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A page that is not there is an answer, not a fault of ours.
    "loggers": {"django.request": {"level": "ERROR"}},
}
