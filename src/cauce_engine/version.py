"""The version that every answer names."""

__version__ = "1.0.0"
