"""The tests' settings for a process of its own: the database of the running test."""

import os

from tests.settings import *  # noqa: F403  -- a settings file extends another
from tests.settings import DATABASES, OUTBOX, POPULATION_URL, env

DATABASES["default"]["NAME"] = os.environ["FAULTS_DATABASE"]
POPULATION_URL = env.url("POPULATION_URL", "") or POPULATION_URL
OUTBOX |= {"probe": ("probe", "tests.faults.probes.work")}
