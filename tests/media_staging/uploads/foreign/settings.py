"""What `startproject` writes, DRF, and the lines of README; the environment says which of them."""

import os
from pathlib import Path

VAR_DIR = Path(os.environ["VAR_DIR"])
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "foreign",
    "media_staging",
    "huey.contrib.djhuey",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
if os.environ["FOREIGN_MIDDLEWARE"]:
    MIDDLEWARE.insert(0, "media_staging.uploads.InterruptedUploads")
    MIDDLEWARE.append("media_staging.uploads.UploadErrors")
ROOT_URLCONF = "foreign.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_REDIRECT_URL = "/"
USE_TZ = True
LANGUAGES = [("en", "English"), ("tr", "Türkçe")]
LOCALE_PATHS = [Path(__file__).parents[4] / "locale"]
CONTEXT_PROCESSORS = ("template.context_processors.request", "contrib.auth.context_processors.auth")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                *(f"django.{each}" for each in CONTEXT_PROCESSORS),
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "db.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
HUEY = {
    "huey_class": "huey.SqliteHuey",
    "immediate": False,
    "results": False,
    "filename": str(VAR_DIR / "queue.sqlite3"),
}
STATIC_URL = "/static/"
MEDIA_ROOT = VAR_DIR / "media"
# Small, so that a test is quick: beyond the first a file goes to the disk, beyond the second it is
# too large.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
MEDIA_STAGING = {
    "ROOT": VAR_DIR / "staging",
    "MAX_UPLOAD_BYTES": 1024**2,
    "MIN_FREE_BYTES": 0,
    "REMOTES": {"filesystem": {"root": VAR_DIR / "remote"}},
}
FILE_UPLOAD_TEMP_DIR = os.environ["FOREIGN_TEMP_DIR"]
FILE_UPLOAD_HANDLERS = os.environ["FOREIGN_HANDLERS"].split(",")
