"""Settings that must not reach the public are loaded by no process that serves it."""

import os
import subprocess
import sys

import pytest

from portal.env import BASE_DIR

# Commands ask by themselves, as Django has it.
PROCESSES = {
    "web": ["-c", "import portal.wsgi"],
    "worker": ["-m", "celery", "-A", "portal.celery", "worker", "-P", "solo"],
}


@pytest.mark.stack
def test_a_setting_that_cannot_be_read_is_named_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env={
            **os.environ,
            "TRUSTED_PROXIES": "all",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "TRUSTED_PROXIES must be a whole number" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.stack
def test_no_process_serves_the_demo_to_the_public():
    unsafe = {"DEMO": "1", "ALLOWED_HOSTS": "dumui.example", "REDIS_URL": ""}
    unsafe |= {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    begun = {
        name: subprocess.Popen(
            [sys.executable, *words],
            cwd=BASE_DIR,
            env={**os.environ, **unsafe},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, words in PROCESSES.items()
    }

    for name, process in begun.items():
        _out, said = process.communicate(timeout=60)
        assert process.returncode != 0, name
        assert "portal.E007" in said, name
