"""What leaves as a file: cut-offs as a table, the certificate of a place, signed offers."""

from cauce.allocation.documents.offers import (
    digest_of,
    has_key,
    offer_pdf,
    signature_of,
    signed_offer,
)
from cauce.allocation.documents.results import cutoffs_table, live_log_table, order_pdf

__all__ = [
    "cutoffs_table",
    "digest_of",
    "has_key",
    "live_log_table",
    "offer_pdf",
    "order_pdf",
    "signature_of",
    "signed_offer",
]
