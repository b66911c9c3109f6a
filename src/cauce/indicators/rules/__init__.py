"""What figures and the replay of 2022 obey. Pure: no rows, no clock, no chance but named seeds."""

from cauce.indicators.rules.figures import (
    SMALLEST,
    UNITS,
    digest_of,
    extract_bytes,
    hide_small,
    shown,
    unit_name,
)

__all__ = ["SMALLEST", "UNITS", "digest_of", "extract_bytes", "hide_small", "shown", "unit_name"]
