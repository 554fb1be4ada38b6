#!/usr/bin/env python
"""Run one of the project's commands."""

import os
import sys

from django.core.management import execute_from_command_line

from portal.common import surroundings
from portal.env import Misconfigured

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except Misconfigured as error:
        sys.exit(str(error))
    except Exception as error:
        words = surroundings.in_words(error)
        if words is None:
            raise
        sys.exit(f"Cannot go on: {words}")
