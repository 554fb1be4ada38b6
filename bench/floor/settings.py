"""Settings of the bare pages: Django's usual middleware, persistent connections."""

from pathlib import Path

from portal import env

SECRET_KEY = "only-for-measuring"  # nothing here is worth signing
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bench.floor.pages"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
DATABASES = {"default": env.database(env.url("DATABASE_OWNER_URL"))}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 600,
    "OPTIONS": DATABASES["default"]["OPTIONS"]
    | {
        "options": "-c search_path=floor",
        "server_side_binding": True,
        "prepare_threshold": 2,
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
CSRF_COOKIE_NAME = "csrf"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
