"""The product's own settings, told that this is a test."""

import os

os.environ.setdefault("CAUCE_TESTING", "true")

from cauce.config.settings import *  # noqa: F403

# Tests serve no files, and WhiteNoise complains of a folder that only a deployment has.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise")]  # noqa: F405
# Uploads of tests are in memory, and gone with the process.
STORAGES = {**STORAGES, "files": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}  # noqa: F405
