"""Settings of the product-staff site. The environment is read here and nowhere else.

Every variable, its meaning and its default: docs/operate.md.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environment as env
import remote_settings
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from products import limits

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")

# --- Who may come in -------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=True)
SECRET_KEY = env.text("SECRET_KEY", "for-development-only-" + "x" * 40 if DEBUG else "")
if not SECRET_KEY:
    env.refuse("SECRET_KEY", "must be set when DEBUG=0, to a long random text")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or (
    ["*"] if DEBUG else ["localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.whole_number("TRUSTED_PROXIES", 0, least=0, most=10)

# --- The application -------------------------------------------------------------------------

INSTALLED_APPS = [
    "products",
    "media_staging",
    "huey.contrib.djhuey",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "static_files.StaticFiles",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "content_policy.ContentPolicy",
    "media_staging.uploads.InterruptedUploads",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "media_staging.uploads.UploadErrors",
]

ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_REDIRECT_URL = "/products/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

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

AUTHENTICATION_BACKENDS = [
    "throttle.Throttle",
    "django.contrib.auth.backends.ModelBackend",
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

# Five wrong passwords for one name from one address, and both together have to wait. The rows are
# touched by a sign-in only. Released early by `manage.py axes_reset`.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "throttle.username"
AXES_CLIENT_IP_CALLABLE = "throttle.client_address"
AXES_LOCKOUT_CALLABLE = "throttle.ask_to_wait"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
# What is typed as a name may be a password; the address is what an operator needs.
AXES_SENSITIVE_PARAMETERS = ["username"]

# --- Database --------------------------------------------------------------------------------

# IMMEDIATE: a transaction waits for the write lock at its start, not half-way. FULL: a commit
# survives a power cut (NORMAL loses the last ones).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
        "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;"
    ),
}


def database() -> dict[str, Any]:
    config = env.database(
        "DATABASE_URL",
        f"sqlite:///{VAR_DIR / 'db.sqlite3'}",
        conn_max_age=600,
        conn_health_checks=True,
        # A pooler that hands out transactions loses what a session holds between two of them.
        disable_server_side_cursors=env.flag("DISABLE_SERVER_SIDE_CURSORS", False),
    )
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # Tests use a file too: one in memory knows neither WAL nor waiting for a lock.
        return {**config, "OPTIONS": SQLITE_OPTIONS, "TEST": {"NAME": VAR_DIR / "test.sqlite3"}}
    return config


DATABASES = {"default": database()}

# --- Queue and cache -------------------------------------------------------------------------

REDIS_URL = env.url("REDIS_URL", "redis", "rediss", "unix")

# A broker that is gone or silent must not hold up a save, so every answer from it is awaited for
# a quarter of a second and asked for once.
BROKER_TIMEOUT_SECONDS = 0.25
REDIS_CONNECTION: dict[str, Any] = {
    "socket_timeout": BROKER_TIMEOUT_SECONDS,
    "socket_connect_timeout": BROKER_TIMEOUT_SECONDS,
    "retry": Retry(NoBackoff(), 0),
}

HUEY: dict[str, Any] = {
    "name": "media",
    "immediate": False,
    "results": False,
    "consumer": {
        # One drain at a time, and a cleanup must never wait behind it.
        "workers": 3,
        "initial_delay": 0.02,
        "max_delay": 0.1,
        "graceful_signal": "TERM",
        "shutdown_timeout": 15,
    },
}
if REDIS_URL:
    HUEY |= {
        "huey_class": "huey.RedisHuey",
        "connection": {
            "connection_pool": ConnectionPool.from_url(REDIS_URL, **REDIS_CONNECTION),
            # The blocking read ends well before the socket's own timeout.
            "read_timeout": 0.1,
        },
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": REDIS_CONNECTION,
        }
    }
else:
    HUEY |= {
        "huey_class": "huey.SqliteHuey",
        "filename": str(VAR_DIR / "queue.sqlite3"),
        "timeout": BROKER_TIMEOUT_SECONDS,
        "fsync": False,
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR_DIR / "cache"),
        }
    }

# --- Media -----------------------------------------------------------------------------------

MEDIA_REMOTE = env.choice("MEDIA_REMOTE", "filesystem", ("s3", "cloudinary", "filesystem"))
UNDO_SECONDS = env.seconds("UNDO_SECONDS", 600)
MAX_UPLOAD_BYTES = env.whole_number("MAX_UPLOAD_BYTES", 25 * 1024**2, least=1024, most=5 * 1024**4)

MEDIA_STAGING: dict[str, Any] = {
    "ROOT": VAR_DIR / "staging",
    "REMOTE": MEDIA_REMOTE,
    "REMOTES": remote_settings.remotes(MEDIA_REMOTE, VAR_DIR),
    "TRANSFER_CONCURRENCY": env.whole_number("TRANSFER_CONCURRENCY", 16, least=1, most=256),
    "LEASE_SECONDS": env.seconds("LEASE_SECONDS", 60, least=1, most=86400),
    "LOCAL_RETENTION_SECONDS": env.seconds("LOCAL_RETENTION_SECONDS", 3600),
    "ORPHAN_GRACE_SECONDS": env.seconds("ORPHAN_GRACE_SECONDS", 86400),
    "MIN_FREE_BYTES": env.whole_number(
        "STAGING_MIN_FREE_BYTES", 512 * 1024**2, least=0, most=10**15
    ),
    "MAX_UPLOAD_BYTES": MAX_UPLOAD_BYTES,
    "MAX_IMAGE_PIXELS": env.whole_number("MAX_IMAGE_PIXELS", 64_000_000, least=1, most=10**10),
    "STRIP_LOCATION": env.flag("STRIP_LOCATION", default=True),
    "METRICS_TOKEN": env.text("METRICS_TOKEN"),
}

# Uploads that Django spools to disk are then moved into place, not copied.
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "staging" / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = [
    "media_staging.uploads.SizeLimitHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "media_staging.uploads.SpoolHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 100
DATA_UPLOAD_MAX_NUMBER_FIELDS = limits.MOST_FIELDS
DATA_UPLOAD_MAX_MEMORY_SIZE = limits.MOST_BYTES

# --- Static files ----------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Of node_modules one package is served: the page imports Sortable.min.js from it.
STATICFILES_DIRS = [("sortablejs", BASE_DIR / "node_modules" / "sortablejs")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "static_files.HashedStaticFiles"
    },
}

# --- Language and time -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("tr", _("Turkish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True

# --- Security --------------------------------------------------------------------------------

# A session ends a week after the sign-in: renewing it would be a write per request.
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "products.views.unproven"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if not DEBUG:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True

# What remotes are in use is added by the middleware.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# --- Mail to people --------------------------------------------------------------------------

# Told when a remote turns everything away, and of errors 500. Django 5.2 wants pairs.
ADMINS = [(address, address) for address in env.words("ADMINS")]
SERVER_EMAIL = DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "root@localhost")
MAIL_SERVER = urlsplit(env.url("MAIL_URL", "smtp", "smtps") or "smtp://localhost")
EMAIL_HOST = MAIL_SERVER.hostname
EMAIL_USE_SSL = MAIL_SERVER.scheme == "smtps"
EMAIL_PORT = MAIL_SERVER.port or (465 if EMAIL_USE_SSL else 25)
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_HOST_USER = unquote(MAIL_SERVER.username or "")
EMAIL_HOST_PASSWORD = unquote(MAIL_SERVER.password or "")
# The consumer sends mail between transfers; a silent server must not hold it up for long.
EMAIL_TIMEOUT = 10

# --- Logging ---------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "media_staging": {"level": "INFO"},
        "products": {"level": "INFO"},
        "huey": {"level": "WARNING", "handlers": ["console"], "propagate": False},
    },
}
