"""Who may do what to calls and applications, and why not. No queries, no clock."""

from cauce.calls.rules.calendar import Phase, accepts, phase

__all__ = ["Phase", "accepts", "phase"]
