"""Registering people, adding to what identifies them, and loading what every installation or demo begins with."""

from cauce.accounts.intake import demo_people
from cauce.accounts.operations.catalogue import (
    DEMO_PASSWORD,
    NoticeFrozen,
    load_demo_people,
    load_privacy_notices,
)
from cauce.accounts.operations.credentials import choose_time_zone, drop_licence, link_curp, tell_licence
from cauce.accounts.operations.registration import (
    AlreadyRegistered,
    DocumentTaken,
    EmailTaken,
    ForeignIdentity,
    IdentityTaken,
    NoticeChanged,
    PasswordRefused,
    ToldLicence,
    claim_curp,
    grant_claim,
    register,
)

__all__ = [
    "DEMO_PASSWORD",
    "AlreadyRegistered",
    "DocumentTaken",
    "EmailTaken",
    "ForeignIdentity",
    "IdentityTaken",
    "NoticeChanged",
    "NoticeFrozen",
    "PasswordRefused",
    "ToldLicence",
    "choose_time_zone",
    "claim_curp",
    "demo_people",
    "drop_licence",
    "grant_claim",
    "link_curp",
    "load_demo_people",
    "load_privacy_notices",
    "register",
    "tell_licence",
]
