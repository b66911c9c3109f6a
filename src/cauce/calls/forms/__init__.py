"""What people type about calls."""

from cauce.calls.forms.application import (
    DetailsForm,
    SendForm,
)

__all__ = [
    "DetailsForm",
    "SendForm",
]
