"""Offers as tagged PDFs under the institution's signature, which covers every byte.

pyHanko and its parts take seconds to load: only the worker and whoever verifies does.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cauce.allocation.queries.offers import OfferFacts
from cauce.base import figures

_ROOT = Path(__file__).parents[1] / "layouts"
_FIELD = "Firma"
_DEMO_YEARS = 30


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def has_key() -> bool:
    """Whether there is a key to sign with: the one set, or, only in demos and tests, one of the data directory."""
    return bool(settings.OFFER_KEY) or settings.DEMO or settings.TESTING


def offer_pdf(facts: OfferFacts) -> bytes:
    """Return the unsigned offer as PDF/UA, in the language of its person."""
    with translation.override(facts.language):
        data = {
            "lang": _("es"),
            "region": _("mx"),
            "title": _("Oferta de lugar"),
            "rows": [
                [_("Persona"), facts.person],
                [_("Folio"), facts.folio],
                [_("Convocatoria"), f"{facts.call_title} ({facts.call})"],
                [_("Institución"), facts.institution],
                [_("Oferta"), facts.number],
            ],
            "place_title": _("El lugar que se le ofrece"),
            "place": [
                [_("Plaza"), facts.key],
                [_("Especialidad"), facts.specialty],
                [_("Sede"), facts.site],
                [_("Estado"), f"{facts.municipality}, {facts.state}"],
                [_("Turno"), facts.shift],
                [_("Contrato"), facts.contract],
                [_("Sueldo mensual"), figures.pesos(facts.monthly_pay) if facts.monthly_pay else _("según la convocatoria")],
                [_("Fecha de inicio"), figures.day(facts.starts_on, weekday=True)],
            ],
            "terms": [
                _("Usted tiene %(hours)s horas de días hábiles para responder, desde que recibe el aviso; la hora límite está en su página de la oferta.")
                % {"hours": facts.hours},
                _("Responda en su página de resultados: aceptar, o rechazar con su razón."),
                facts.silence,
            ],
            "contact": _("Una persona que responde: %(contact)s") % {"contact": facts.contact},
            "sign": _("Este documento lleva la firma electrónica de la institución. Un lector de PDF dice si algo cambió después de firmarlo."),
            "date": [facts.released_on.year, facts.released_on.month, facts.released_on.day],
            "foot": _("Cauce · oferta %(number)s") % {"number": facts.number},
        }  # fmt: skip
    return typst.compile(
        str(_ROOT / "offer.typ"), root=str(_ROOT), sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf", pdf_standards=["ua-1"], ignore_system_fonts=True,
    )  # fmt: skip


def signed_offer(facts: OfferFacts) -> bytes:
    """Return the offer under a signature that covers the whole file."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - takes seconds
    from pyhanko.sign import signers  # noqa: PLC0415
    from pyhanko.sign.fields import SigSeedSubFilter  # noqa: PLC0415

    meta = signers.PdfSignatureMetadata(
        field_name=_FIELD, reason=facts.number, name=facts.institution, md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
    )  # fmt: skip
    writer = IncrementalPdfFileWriter(io.BytesIO(offer_pdf(facts)))
    signed = signers.PdfSigner(meta, _signer()).sign_pdf(writer)
    return bytes(signed.getvalue())


def signature_of(content: bytes) -> dict[str, bool]:
    """What the signature of a file says: whether its bytes are those signed, and whether it covers all of them."""
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    signer = _signer()
    [found] = PdfFileReader(io.BytesIO(content)).embedded_signatures
    status = validate_pdf_signature(
        found, ValidationContext(trust_roots=[signer.signing_cert], allow_fetching=False)
    )
    return {
        "intact": status.intact,
        "valid": status.valid,
        "whole": str(getattr(status.coverage, "name", "")) == "ENTIRE_FILE",
    }


# --------------------------------------------------------------------- key


@cache
def _signer() -> Any:
    from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415

    path, secret = Path(settings.OFFER_KEY or _demo_key()), settings.OFFER_KEY_SECRET or None
    signer = SimpleSigner.load_pkcs12(str(path), passphrase=secret.encode() if secret else None)
    if signer is None:
        raise RuntimeError(f"The key in {path} cannot be read: see CAUCE_OFFER_KEY and its secret.")
    return signer


def _demo_key() -> Path:
    """A key of the data directory's own, made once: it signs for nobody and says so."""
    path = Path(settings.DATA) / "offers-demo.p12"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(f".{os.getpid()}")
        made.write_bytes(_made_key())
        made.chmod(0o600)
        try:
            os.link(made, path)  # whoever comes second keeps the first one's
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path


def _made_key() -> bytes:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cauce: llave de demostración, sin valor")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _DEMO_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return pkcs12.serialize_key_and_certificates(
        b"cauce", key, certificate, None, serialization.NoEncryption()
    )
