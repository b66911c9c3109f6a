"""A program of its own: reads a PDF from its input, refuses what a document does not need, draws its pages.

It runs in a process of its own, with little memory and time, so that a hostile file hurts nobody else. It writes
one line of JSON, ``{"refused": code}`` or ``{"pages": [octets of each picture], "text": what is written in it}``,
and then the pictures (JPEG).
It imports nothing of the product.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys

MEMORY = 1_500_000_000  # octets of address space
SECONDS = 8  # of the processor: a scanned document of twenty pages needs three
OBJECTS = 50_000
DEPTH = 60
LONGEST_SIDE = 1700  # pixels: a letter page at about 155 dots an inch
QUALITY = 82
TEXT = 40_000  # characters that are read of a document

ACTIVE = {
    "/JS": "script",
    "/JavaScript": "script",
    "/Launch": "action",
    "/SubmitForm": "action",
    "/ImportData": "action",
    "/GoToE": "action",
    "/EmbeddedFile": "attachment",
    "/EmbeddedFiles": "attachment",
    "/FileAttachment": "attachment",
    "/RichMedia": "attachment",
    "/Movie": "attachment",
    "/Sound": "attachment",
    "/XFA": "script",
}


class Refusal(Exception):
    """Why the file is not taken, as a code."""


def confine() -> None:
    """Give this process little memory and time; where the system knows no limits, the caller's clock is the only one."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refuse_what_acts(data: bytes, most_pages: int) -> None:
    """Walk every object of the document; raise ``Refusal`` for what is encrypted, acts, carries files or has too many pages."""
    from pypdf import PdfReader  # noqa: PLC0415 - only once this process is confined

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise Refusal("encrypted")
    pages = len(reader.pages)
    if not 0 < pages <= most_pages:
        raise Refusal("pages" if pages else "damaged")
    numbers = {(number, generation) for generation, rows in reader.xref.items() for number in rows}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > OBJECTS:
        raise Refusal("complex")
    _walk(reader.trailer, 0)
    for number, generation in sorted(numbers):
        _walk(_object(reader, number, generation), 0)


def _object(reader: object, number: int, generation: int) -> object:
    from pypdf.errors import PyPdfError  # noqa: PLC0415
    from pypdf.generic import IndirectObject  # noqa: PLC0415

    try:
        return reader.get_object(IndirectObject(number, generation, reader))  # type: ignore[attr-defined]
    except PyPdfError:
        return None  # freed, or a hole: no reader can reach it either


def _walk(value: object, depth: int) -> None:
    """Look at a value and what it holds directly; what it only refers to is walked as an object of its own."""
    if depth > DEPTH:
        raise Refusal("complex")
    if isinstance(value, dict):
        for key, held in value.items():
            _refuse(key)
            _walk(dict.__getitem__(value, key) if key in value else held, depth + 1)
    elif isinstance(value, list):
        for index in range(len(value)):
            _walk(list.__getitem__(value, index), depth + 1)
    elif isinstance(value, str) and value.startswith("/"):
        _refuse(value)


def _refuse(name: object) -> None:
    if (why := ACTIVE.get(str(name))) is not None:
        raise Refusal(why)


def draw(data: bytes) -> tuple[list[bytes], str]:
    """Draw every page as a JPEG whose longer side has ``LONGEST_SIDE`` pixels; return also the text they carry."""
    import pypdfium2  # noqa: PLC0415

    document = pypdfium2.PdfDocument(data)
    pictures, texts = [], []
    for page in document:
        scale = LONGEST_SIDE / max(*page.get_size(), 1)
        picture = io.BytesIO()
        page.render(scale=scale).to_pil().convert("RGB").save(picture, "JPEG", quality=QUALITY)
        pictures.append(picture.getvalue())
        with contextlib.suppress(pypdfium2.PdfiumError):  # what can be seen and not read is good all the same
            texts.append(page.get_textpage().get_text_range())
        page.close()
    return pictures, "\n".join(texts)[:TEXT]


def main() -> None:
    confine()
    pictures: list[bytes] = []
    try:
        data = sys.stdin.buffer.read()
        refuse_what_acts(data, int(sys.argv[1]))
        pictures, text = draw(data)
        told: dict[str, object] = {"pages": [len(picture) for picture in pictures], "text": text}
    except Refusal as refusal:
        told = {"refused": str(refusal)}
    except Exception:  # noqa: BLE001 - whatever a hostile file makes fail, it is not taken
        told = {"refused": "damaged"}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(pictures))


if __name__ == "__main__":
    main()
