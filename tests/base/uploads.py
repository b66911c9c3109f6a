"""Files as people bring them, and as they should not."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject


def upload(data: bytes, name: str = "documento.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@cache
def photo(shade: int = 200, size: tuple[int, int] = (60, 40), *, kind: str = "JPEG") -> bytes:
    """A picture that a telephone took: with the place where, and lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter
    exif[0x010F] = "Telefono de Mariana"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 120, 90)).save(out, kind, exif=exif)
    return out.getvalue()


def png_head(width: int, height: int) -> bytes:
    """A PNG of a few octets that says it is ``width`` by ``height``."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def pdf(pages: int = 1, *, change=None, password: str = "") -> bytes:
    """A document of blank pages; ``change`` gets the writer."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 280)
    writer.add_metadata({"/Author": "Mariana"})
    if change:
        change(writer)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_with_text(text: str) -> bytes:
    """A document of one page that carries a line of text."""

    def write(writer: PdfWriter) -> None:
        page = writer.pages[0]
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 9 Tf 10 200 Td ({text}) Tj ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)

    return pdf(change=write)


def with_script(writer: PdfWriter) -> None:
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/J#53"): TextStringObject("app.alert(1)")}
    )


def with_launch(writer: PdfWriter) -> None:
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd")}
    )
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(action)


def with_attachment(writer: PdfWriter) -> None:
    writer.add_attachment("otro.exe", b"MZ")


def with_bomb(writer: PdfWriter) -> None:
    """A page whose drawing unpacks to tens of millions of lines, from very few octets."""
    squeeze = zlib.compressobj(9)
    block = b"0 0 m 100 100 l S\n" * 60_000
    data = b"".join([*(squeeze.compress(block) for _ in range(60)), squeeze.flush()])
    stream = DecodedStreamObject()
    stream.set_data(data)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
