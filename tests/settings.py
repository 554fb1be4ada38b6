"""The product's settings with cheap password hashing and plain static storage.

The database is entered by the role that owns the tables, which is no superuser, so
that row policies and triggers hold in tests as they do in the portal.
"""

from portal.settings import *  # noqa: F403  -- a settings file extends another
from portal.settings import (
    DATABASE_OWNER_URL,
    DATABASES,
    STATIC_ROOT,
    STORAGES,
    env,
)

DEMO = True
PRODUCTION = False
# No wire in between, save in the tests of the wire.
POPULATION_URL = "table:"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# Collected files are not needed; the folder is, or its absence is a warning.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
_owner = env.database(DATABASE_OWNER_URL)
DATABASES["default"] |= {key: _owner[key] for key in ("USER", "PASSWORD")}
