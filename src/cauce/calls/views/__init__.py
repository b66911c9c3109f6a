"""Pages of calls, one submodule for each kind of reader."""

from cauce.calls.views.application import application, application_receipt

__all__ = ["application", "application_receipt"]
