"""One settings file: places differ by environment (see ``portal/env.py``), not code."""

import hashlib
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from portal import env

BASE_DIR = env.BASE_DIR
DATA_DIR = env.path("DATA_DIR", "var")

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
PRODUCTION = not (DEBUG or DEMO)
SECRET_KEY = env.secret("SECRET_KEY")
FIELD_KEYS = env.keys("FIELD_KEYS")
INDEX_KEYS = env.keys("INDEX_KEYS")
BASE_URL = env.url("BASE_URL", "http://localhost:8000")
# The address that people see is let in by itself.
ALLOWED_HOSTS = [
    *env.listing("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"),
    *filter(None, [env.host_of(BASE_URL)]),
]
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
FEED_TOKEN = env.secret("FEED_TOKEN", "")
HELP_LINE = env.text("HELP_LINE", "1900 0000")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "portal.common",
    "portal.audit",
    "portal.registry",
    "portal.accounts",
    "complaints",
]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["portal.accounts.backends.Staff"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.common.middleware.RequestId",
    "portal.common.middleware.PersonalPages",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
CSRF_FAILURE_VIEW = "portal.views.form_expired"

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
                "portal.common.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.common.templatetags.ui",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": env.database(env.url("DATABASE_URL", schemes=("postgresql", "postgres")))
}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": DATABASES["default"]["OPTIONS"]
    | {
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,
        "server_side_binding": True,
        "prepare_threshold": 2,
        "application_name": "dumui",
    },
}
# The role that owns the tables: `migrate` connects as it, the portal never does.
DATABASE_OWNER_URL = env.url(
    "DATABASE_OWNER_URL", "", schemes=("postgresql", "postgres")
)

REDIS_URL = env.url("REDIS_URL", "", schemes=("redis", "rediss", "unix"))
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://") or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "unacked_restore_interval": 5,
    "visibility_timeout": 3600,
}

# What does a piece of waiting work: kind of outbox row -> (queue, function).
OUTBOX = {
    "event": ("route", "complaints.followups.run"),
    "message": ("notify", "complaints.notifications.deliver"),
    "mail_proof": ("notify", "complaints.actions.addresses.send_proofs"),
    "mail_added": ("notify", "complaints.actions.addresses.tell_added"),
    "mail_replaced": ("notify", "complaints.actions.addresses.tell_replaced"),
    "mail_returned": ("notify", "complaints.actions.addresses.tell_returned"),
    "code": ("notify", "portal.accounts.codes.deliver"),
    "invitation": ("notify", "portal.accounts.invitations.deliver"),
    "contact_due": ("route", "complaints.actions.telephones.apply_due"),
    "contact_follows": ("route", "complaints.actions.readdressing.follow"),
    "contact_goes_back": ("route", "complaints.actions.readdressing.go_back"),
    "request_taken": ("notify", "complaints.actions.data_requests.tell_taken"),
    "request_extended": ("notify", "complaints.actions.data_requests.tell_extended"),
    "request_answered": ("notify", "complaints.actions.data_requests.tell_answered"),
    "own_file": ("import", "complaints.actions.own_files.make"),
    "account_change": ("notify", "portal.accounts.changes.deliver"),
    "contact_notice": ("notify", "portal.accounts.contact.deliver"),
    "evidence": ("import", "complaints.actions.screening.check"),
    "list": ("import", "portal.registry.imports.jobs.run"),
    "bulk": ("import", "complaints.actions.bulk.work"),
    "report_list": ("import", "complaints.actions.report_work.work"),
    "replay": ("report", "complaints.actions.replaying.work"),
    "unit_change": ("import", "complaints.actions.units.work"),
    "unit_late": ("route", "complaints.actions.units.work_late"),
    "incident": ("import", "complaints.actions.incidents.work"),
    "incident_told": ("notify", "complaints.actions.incident_told.tell"),
    "incident_untold": ("notify", "complaints.actions.incident_told.tell_back"),
    "dose_file": ("import", "portal.registry.exports.files.make"),
    "population": ("population", "portal.registry.population.work.compare_batches"),
    "inquiry": ("population", "portal.registry.population.work.inquire"),
    "recheck": ("population", "portal.registry.population.work.recheck"),
    "inquiry_due": ("route", "complaints.followups.after_inquiry"),
    "digest": ("notify", "complaints.notifications.digests.deliver"),
    "campaign": ("report", "complaints.actions.campaigns.work"),
    "prepare": ("report", "complaints.actions.preparing.look_at"),
    "orphan": ("report", "complaints.actions.preparing.look_for_owners"),
    "invite": ("notify", "complaints.actions.selfnotices.tell_invited"),
    "certificate_revoked": ("notify", "complaints.actions.selfnotices.tell_revoked"),
    "pair_done": ("notify", "complaints.actions.selfnotices.tell_pair_done"),
    "pair_undone": ("notify", "complaints.actions.selfnotices.tell_pair_undone"),
    "prepared_done": ("notify", "complaints.actions.selfnotices.tell_prepared"),
    "prepared_undone": ("notify", "complaints.actions.selfnotices.tell_put_back"),
    "self_done": ("notify", "complaints.actions.selfnotices.tell_done"),
    "self_undone": ("notify", "complaints.actions.selfnotices.tell_undone"),
}
# Queues that wait for another system, or hold a worker for a while: no sweep and no
# drain of theirs stands before the others' work. The poller has a thread for each
# queue, so one always goes on, whatever holds the workers.
OUTBOX_SLOW = ("import", "notify", "population")
# How many rows of a queue are claimed at once where 1,000 would outlive their lease:
# a message that its gateway leaves waiting takes 7 s, and a lease is 60 s.
OUTBOX_AT_ONCE = {"notify": 5}
# Seconds that a task of a queue may take where the usual 60 are too few: reading a
# list of 100,000 rows is one piece of work.
OUTBOX_SECONDS = {"import": 300}

# The national population database: its address (empty: none to ask), the keys that
# sign what goes both ways, how often a second it may be asked, and about how many
# people at once (the protocol's limit is 1,000).
POPULATION_URL = env.url("POPULATION_URL", "")
POPULATION_KEYS = env.keys("POPULATION_KEYS", "")
CERTIFICATE_KEYS = env.keys("CERTIFICATE_KEYS", "")
# A PEM file with the certificates of other issuers whose signatures count here.
CERTIFICATE_TRUSTED = env.text("CERTIFICATE_TRUSTED", "")
if DEMO and not CERTIFICATE_KEYS:
    # A test key of this demo's own; elsewhere nobody gets a certificate without one.
    CERTIFICATE_KEYS = {1: hashlib.sha256(b"hc1" + SECRET_KEY.encode()).digest()}
POPULATION_RATE = env.number("POPULATION_RATE", 20, least=1)
POPULATION_BATCH = env.number("POPULATION_BATCH", 1000, least=1)

# The national e-ID by OpenID Connect: its issuer (empty: there is none and the way is
# not offered), what it knows us by, the levels ("acr") that count as verified, and the
# claim that holds the identity number.
EID_ISSUER = env.url("EID_ISSUER", "").rstrip("/")
EID_CLIENT_ID = env.text("EID_CLIENT_ID", "")
EID_CLIENT_SECRET = env.secret("EID_CLIENT_SECRET", "")
EID_LEVELS = env.listing("EID_LEVELS", "2")
EID_NUMBER_CLAIM = env.text("EID_NUMBER_CLAIM", "national_id")
EID_SIMULATOR = env.text("EID_SIMULATOR", "")
# allauth speaks the protocol; its tables stay empty. Seconds until it gives up.
SOCIALACCOUNT_ADAPTER = "portal.accounts.eid.client.Quiet"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

# The gateway that carries text messages (empty: none; the demo shows them on a page).
SMS_URL = env.url("SMS_URL", "")
SMS_TOKEN = env.secret("SMS_TOKEN", "")
SMS_SENDER = env.text("SMS_SENDER", "TIEMCHUNG")

# The virus scanner that looks at each file sent in (empty: none).
CLAMAV_URL = env.url("CLAMAV_URL", "", schemes=("tcp",))

# What the gateway signs its reports of delivery with (empty: it may not report).
SMS_RECEIPT_KEY = env.secret("SMS_RECEIPT_KEY", "")

# What the carrier of e-mails signs its reports with (empty: it may not report).
MAIL_RECEIPT_KEY = env.secret("MAIL_RECEIPT_KEY", "")

# The server that carries e-mails (empty: none; the demo shows them on a page).
EMAIL_URL = env.secret("EMAIL_URL", "")
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
elif PRODUCTION:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    EMAIL_BACKEND = "portal.common.mail.DemoBackend"
_mail = env.mail_server(EMAIL_URL)
EMAIL_HOST, EMAIL_PORT = _mail["host"], _mail["port"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["user"], _mail["password"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["starttls"], _mail["tls"]
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "khong-tra-loi@localhost")

SESSION_ENGINE = "portal.common.sessions"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CITIZEN_REST_MINUTES = 20
STAFF_REST_MINUTES = 30
STAFF_SESSION_HOURS = 8
_https = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_SSL_REDIRECT = _https and PRODUCTION
# Whoever asks for health stands behind what ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https and PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https and PRODUCTION
# "no-referrer" would make browsers send "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Argon2 for what is set now; Scrypt reads older ones, renewed at the next sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:login"
# Roles that must have a second factor; others may.
SECOND_FACTOR_ROLES = env.listing(
    "SECOND_FACTOR_ROLES", "lead,overseer,administrator" if PRODUCTION else ""
)
MFA_ADAPTER = "portal.accounts.factors.Sealed"
LOGIN_REDIRECT_URL = "casework:queue"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
TIME_ZONE = "Asia/Ho_Chi_Minh"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
# Where photos lie: a private bucket of an S3-compatible store (empty: DATA_DIR).
STORAGE_URL = env.secret("STORAGE_URL", "")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "portal.common.objects.Bucket",
        "OPTIONS": {
            "url": STORAGE_URL,
            "region": env.text("STORAGE_REGION", "us-east-1"),
        },
    }
    if STORAGE_URL
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "evidence", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portal.common.logs.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
    },
}

env.finish()
