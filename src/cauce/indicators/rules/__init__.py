"""What figures and the replay of 2022 obey. Pure: no rows, no clock, no chance but named seeds."""

from cauce.indicators.rules.figures import (
    UNITS,
    digest_of,
    extract_bytes,
    shown,
    unit_name,
)

__all__ = ["UNITS", "digest_of", "extract_bytes", "shown", "unit_name"]
