"""Who is acting: a person, or a named process. Never a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """An identity with its permissions, resolved once per request or task.

    ``name`` goes into the audit and holds no personal value: ``user:17`` or
    ``system:allocation``. ``display_name`` is for screens only. ``grants`` are
    (permission, institution id) pairs; institution ``None`` means everywhere.
    ``time_zone`` is where a person lives, "" for offices and processes.
    """

    name: str
    user_id: int | None = None
    person_id: int | None = None
    display_name: str = ""
    grants: frozenset[tuple[str, int | None]] = frozenset()
    time_zone: str = ""

    @classmethod
    def nobody(cls) -> Actor:
        return cls(name="public")

    @classmethod
    def system(cls, process: str) -> Actor:
        return cls(name=f"system:{process}")

    @property
    def is_known(self) -> bool:
        """Whether somebody has signed in."""
        return self.user_id is not None

    @property
    def is_system(self) -> bool:
        return self.name.startswith("system:")

    @property
    def has_desk(self) -> bool:
        """Whether the actor holds any office, and so has a desk to work at."""
        return bool(self.grants)

    def holds(self, permission: str, institution_id: int | None = None) -> bool:
        return (permission, institution_id) in self.grants or (permission, None) in self.grants

    def holds_anywhere(self, permission: str) -> bool:
        return any(name == permission for name, _ in self.grants)

    def institutions(self, permission: str) -> frozenset[int] | None:
        """Ids where the permission is held; ``None`` when it is held everywhere."""
        if (permission, None) in self.grants:
            return None
        return frozenset(where for name, where in self.grants if name == permission and where is not None)
