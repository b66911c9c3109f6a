"""Files that people bring: looked at by their content, made harmless, kept once under the digest of their bytes.

First ``examine``, outside any transaction: it may take seconds. Then ``keep``, a step: bytes are written before the
row commits, so that a row without bytes cannot be; bytes without a row are swept by a chore. What a file was called
is never kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps

from cauce.base import figures
from cauce.base.errors import Refused
from cauce.base.models import FilePage, StoredFile
from cauce.base.usecases import step

logger = logging.getLogger("cauce.files")
Image.MAX_IMAGE_PIXELS = None  # ``Limits.pixels`` is asked instead, and says how large the picture is

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
ACCEPTED = f"{JPEG},{PNG},{PDF}"
LONGEST_SIDE = 2400  # pixels of a kept picture: small print on a letter page stays legible
_QUALITY = 85
_PROGRAM = Path(__file__).with_name("drawn_pages.py")
_SECONDS = 12
ORPHAN_AFTER = timedelta(days=1)  # far longer than any request lasts


class FileRefused(Refused):
    """A file that is not taken. ``code`` stays; ``detail["why"]`` tells the cases apart."""

    code = "file_refused"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be at most: octets of each file, pages of all together, pixels of a picture."""

    octets: int = 10_000_000
    pages: int = 20
    pixels: int = 60_000_000


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be kept: its harmless bytes, and the picture of each page if it is a document.

    ``text`` is what a document carries as text, which need not be what its
    pages show; it is not kept with the file.
    """

    data: bytes
    media_type: str
    pictures: tuple[bytes, ...] = ()
    text: str = ""

    @property
    def pages(self) -> int:
        return len(self.pictures) or 1


# ------------------------------------------------------------------- examine


def examine(upload: UploadedFile, limits: Limits = Limits()) -> Examined:
    """Look at what came and return what may be kept of it: a picture made anew without metadata, or a document with
    its pages drawn. No database. Raises ``FileRefused`` with sentence and remedy.
    """
    if not upload.size:
        raise FileRefused(
            _("El archivo está vacío."),
            _("Elígelo otra vez; si sigue vacío, vuelve a tomar la foto."),
            why="empty",
        )
    if upload.size > limits.octets:
        raise FileRefused(
            _("El archivo pesa %(size)s MB y se admiten %(most)s.")
            % {"size": figures.number(-(-upload.size // 1_000_000)), "most": limits.octets // 1_000_000},
            _("Toma la foto con menos resolución, o escanéalo en gris."),
            why="size",
        )
    upload.seek(0)
    data = upload.read()
    _scan(data)
    kind = _sniff(data)
    return _document(data, limits) if kind == PDF else _picture(data, limits)


def examine_all(uploads: Sequence[UploadedFile], limits: Limits = Limits()) -> tuple[Examined, ...]:
    """Examine the parts of one document, in their order; a refusal names the part if there are several."""
    if not uploads:
        raise FileRefused(_("No llegó ningún archivo."), _("Elige una foto o un PDF."), why="none")
    if len(uploads) > limits.pages:
        raise _too_many_pages(limits)
    parts = []
    for number, upload in enumerate(uploads, 1):
        try:
            parts.append(examine(upload, limits))
        except FileRefused as refusal:
            if len(uploads) == 1:
                raise
            words = _("Archivo %(number)s: %(sentence)s") % {"number": number, "sentence": refusal.message}
            raise FileRefused(words, refusal.remedy, **refusal.detail) from refusal
    if sum(part.pages for part in parts) > limits.pages:
        raise _too_many_pages(limits)
    return tuple(parts)


def _too_many_pages(limits: Limits) -> FileRefused:
    return FileRefused(
        _("Son más páginas de las que se admiten (%(most)s).") % {"most": limits.pages},
        _("Sube solo las páginas que prueban lo que se pide."),
        why="pages",
    )


def _scan(data: bytes) -> None:
    """Ask the installation's scanner, if it has one: a callable from bytes to the name of what it found, or ""."""
    if settings.FILE_SCANNER and (found := import_string(settings.FILE_SCANNER)(data)):
        logger.warning("A file was refused by the scanner: %s", found)
        raise FileRefused(
            _("El archivo trae un programa dañino."),
            _("Escanea o fotografía el documento de nuevo."),
            why="malware",
        )


def _sniff(data: bytes) -> str:
    """Tell the type from the content, whatever the name says."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if b"%PDF-" in data[:1024]:
        return PDF
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc"):
        raise FileRefused(
            _("Es una foto HEIC, que no todos los equipos abren."),
            _("En el teléfono, elige «Más compatible» en los formatos de la cámara, o súbela como JPEG."),
            why="heic",
        )
    raise FileRefused(
        _("El contenido no es una foto ni un PDF, aunque su nombre lo diga."),
        _("Sube una foto JPEG o PNG, o un PDF."),
        why="type",
    )


def _picture(data: bytes, limits: Limits) -> Examined:
    """Draw the picture anew: upright, bounded, without metadata. Its size is read from its head before anything else."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > limits.pixels:
                raise FileRefused(
                    _("La foto tiene %(have)s megapíxeles y se admiten %(most)s.")
                    % {
                        "have": figures.number(image.width * image.height // 1_000_000),
                        "most": limits.pixels // 1_000_000,
                    },
                    _("Tómala con menos resolución."),
                    why="pixels",
                )
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            kept = io.BytesIO()
            _on_white(upright).save(kept, "JPEG", quality=_QUALITY)
    except (OSError, SyntaxError, ValueError) as fault:
        raise FileRefused(
            _("La foto está dañada: no se puede abrir."), _("Tómala o guárdala de nuevo."), why="damaged"
        ) from fault
    return Examined(kept.getvalue(), JPEG)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


_PDF_REFUSALS = {
    "encrypted": (
        gettext_lazy("El PDF está protegido con contraseña."),
        gettext_lazy("Guárdalo sin contraseña, o imprímelo como PDF."),
    ),
    "script": (
        gettext_lazy("El PDF trae un programa adentro."),
        gettext_lazy("Imprímelo como PDF desde tu visor y sube el nuevo."),
    ),
    "action": (
        gettext_lazy("El PDF quiere abrir o mandar algo por su cuenta."),
        gettext_lazy("Imprímelo como PDF desde tu visor y sube el nuevo."),
    ),
    "attachment": (
        gettext_lazy("El PDF trae otros archivos adentro."),
        gettext_lazy("Sube solo el documento; imprímelo como PDF desde tu visor."),
    ),
    "complex": (
        gettext_lazy("El PDF es demasiado complicado para revisarlo."),
        gettext_lazy("Escanea o fotografía el documento."),
    ),
    "damaged": (
        gettext_lazy("El PDF está dañado: no se puede abrir."),
        gettext_lazy("Ábrelo en tu equipo; si se ve bien, imprímelo como PDF y sube el nuevo."),
    ),
}


def _document(data: bytes, limits: Limits) -> Examined:
    """Look at a PDF and draw its pages in a process of its own, with little memory and time."""
    try:
        child = subprocess.run(  # noqa: S603 - our own program, the file only on its input
            [sys.executable, "-I", str(_PROGRAM), str(limits.pages)],
            input=data, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        head, _newline, rest = child.stdout.partition(b"\n")
        told: dict[str, Any] = json.loads(head)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as fault:
        sentence, remedy = _PDF_REFUSALS["complex"]
        raise FileRefused(sentence, remedy, why="complex") from fault
    if why := told.get("refused"):
        if why == "pages":
            raise _too_many_pages(limits)
        sentence, remedy = _PDF_REFUSALS[why]
        raise FileRefused(sentence, remedy, why=why)
    pictures, start = [], 0
    for octets in told["pages"]:
        pictures.append(rest[start : start + octets])
        start += octets
    return Examined(data, PDF, tuple(pictures), told["text"])


# ---------------------------------------------------------------------- keep


@step
def receive(upload: UploadedFile, *, now: datetime, limits: Limits = Limits()) -> StoredFile:
    """Examine and keep one file. For big documents examine first, outside the transaction, and ``keep`` then."""
    return keep(examine(upload, limits), now=now)


@step
def keep(examined: Examined, *, now: datetime) -> StoredFile:
    """Keep what was examined, with the pictures of its pages; the same bytes twice are one file."""
    file, is_new = _kept(examined.data, examined.media_type, examined.pages, now)
    if is_new and examined.pictures:
        pictures = [_kept(picture, JPEG, 1, now)[0] for picture in examined.pictures]
        FilePage.objects.bulk_create(
            FilePage(file=file, number=number, picture=picture) for number, picture in enumerate(pictures, 1)
        )
    return file


def _kept(data: bytes, media_type: str, pages: int, now: datetime) -> tuple[StoredFile, bool]:
    """The row first: it waits for a sweep of the same digest, and what the sweep took away is written again."""
    digest = hashlib.sha256(data).hexdigest()
    file, is_new = StoredFile.objects.get_or_create(
        digest=digest,
        defaults={"size": len(data), "media_type": media_type, "pages": pages, "received_at": now},
    )
    store, name = storage(), address(digest)
    if store.exists(name) and store.size(name) != len(data):
        store.delete(name)  # a writer died in the middle
    if not store.exists(name):
        store.save(name, ContentFile(data))
    return file, is_new


def storage() -> Storage:
    """Return where the bytes are: the storage ``files`` of the installation."""
    return storages["files"]


def address(digest: str) -> str:
    """Return the name of the bytes in the storage: folders by the first digits, so that none grows too large."""
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def content(file: StoredFile) -> bytes:
    """Read the bytes of a file. Raises ``FileNotFoundError``, or ``ValueError`` if they are not those that came."""
    with storage().open(address(file.digest)) as stored:
        data: bytes = stored.read()
    if hashlib.sha256(data).hexdigest() != file.digest:
        raise ValueError(f"the bytes of {file.digest} are not its own")
    return data


# ------------------------------------------------------------------- orphans


def sweep(*, older_than: datetime) -> int:
    """Take away bytes that no row names and that were written before ``older_than``; return how many.

    Each is taken under a row of its own digest, for which a sending of the same bytes has to wait.
    """
    store, gone = storage(), 0
    for name in _names(store):
        digest = name.rsplit("/", 1)[-1]
        if StoredFile.objects.filter(digest=digest).exists() or store.get_modified_time(name) >= older_than:
            continue
        try:
            with transaction.atomic():
                held = StoredFile.objects.create(
                    digest=digest, size=1, media_type="", pages=1, received_at=older_than
                )
                store.delete(name)
                held.delete()
                gone += 1
        except IntegrityError:
            continue  # somebody has just sent the same bytes
    return gone


def _names(store: Storage) -> list[str]:
    """Every name in the storage; none where nothing was ever kept."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            folders, names = store.listdir(folder)
        except FileNotFoundError:
            continue
        found.extend(f"{folder}/{name}".lstrip("/") for name in names)
        waiting.extend(f"{folder}/{name}".lstrip("/") for name in folders)
    return found
