"""The product's own settings, told that this is a test."""

import os

os.environ.setdefault("CAUCE_TESTING", "true")

from cauce.config.settings import *  # noqa: E402, F403
