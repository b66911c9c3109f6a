"""Named columns of numbers and texts in one file: an uncompressed zip of .npy arrays, as `numpy.savez` writes.

Nothing in such a file is believed before it is checked: no size is larger than the file itself, no column
holds objects, nothing is unpacked. Columns read are views of the file; nothing is copied.
"""

from __future__ import annotations

import ast
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import quoted

MAGIC = b"PK\3\4"
LARGEST = 2**32 - 2
"""Bytes of the largest file of columns: what a zip archive holds without extensions."""

_MOST = 200
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}\.npy")
_KIND = re.compile(r"[|<](b1|[iu][1248]|S[1-9][0-9]{0,3}|U[1-9][0-9]{0,3})")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DAY = (1 << 5) | 1

Buffer = bytes | memoryview


def read_columns(data: Any, fault: Callable[..., Exception]) -> dict[str, NDArray[Any]]:
    """The columns of a file by name, as one-dimensional read-only views of ``data`` (bytes or a memory map).

    ``fault(place, template, **values)`` makes the exception raised for whatever is not such a file.
    """

    def refuse(problem: str, **values: object) -> NoReturn:
        raise fault("", problem, **values)

    whole = memoryview(data)
    if len(whole) > LARGEST:
        refuse("is larger than {most} bytes", most=LARGEST)
    columns = {}
    for name, stored, crc in _entries(whole, refuse):
        if zlib.crc32(stored) != crc:
            raise fault(name, "is damaged: its checksum does not fit")
        columns[name] = _column(stored, name, fault)
    return columns


def _entries(whole: memoryview, refuse: Callable[..., NoReturn]) -> list[tuple[str, memoryview, int]]:
    """Name, bytes and checksum of every file in the archive."""
    if len(whole) < _END.size or whole[-_END.size : -_END.size + 4] != b"PK\5\6":
        refuse("is not a file of columns: the end of a zip archive is missing")
    _, _, _, _, count, size, offset, note = _END.unpack_from(whole, len(whole) - _END.size)
    if note or count > _MOST or size > count * 400 or offset + size + _END.size > len(whole):
        refuse("is not a file of columns: its directory does not fit")
    found: dict[str, tuple[str, memoryview, int]] = {}
    at = offset
    for _ in range(count):
        if at + _CENTRAL.size > offset + size:
            refuse("is not a file of columns: its directory is cut short")
        entry = _CENTRAL.unpack_from(whole, at)
        flags, method, crc, packed, length, label, extra, comment, start = (
            entry[3], entry[4], entry[7], entry[8], entry[9], entry[10], entry[11], entry[12], entry[16],
        )  # fmt: skip
        name = bytes(whole[at + _CENTRAL.size : at + _CENTRAL.size + label]).decode("ascii", "replace")
        at += _CENTRAL.size + label + extra + comment
        if entry[0] != b"PK\1\2" or not _NAME.fullmatch(name) or name in found:
            refuse("{name} cannot be the name of a column", name=quoted(name))
        if method or packed != length or flags & ~0x0800:
            refuse("{name} is compressed or encrypted; columns are stored as they are", name=quoted(name))
        if start + _LOCAL.size > offset or whole[start : start + 4] != MAGIC:
            refuse("{name} does not begin where the directory says", name=quoted(name))
        begin = start + _LOCAL.size + sum(_LOCAL.unpack_from(whole, start)[9:11])
        if begin + length > offset:
            refuse("{name} is longer than the file", name=quoted(name))
        found[name] = (name.removesuffix(".npy"), whole[begin : begin + length], crc)
    return list(found.values())


def _column(stored: memoryview, name: str, fault: Callable[..., Exception]) -> NDArray[Any]:
    version = bytes(stored[:8])
    if version not in (b"\x93NUMPY\1\0", b"\x93NUMPY\2\0"):
        raise fault(name, "is not a .npy array")
    wide = version[6] == 2
    begin = 12 if wide else 10
    length = struct.unpack_from("<I" if wide else "<H", stored, 8)[0] if len(stored) >= begin else 0
    if not 0 < length <= 4096 or begin + length > len(stored):
        raise fault(name, "is not a .npy array")
    try:
        header = ast.literal_eval(bytes(stored[begin : begin + length]).decode("latin-1").strip())
        kind, (rows,) = header["descr"], header["shape"]
        sound = header["fortran_order"] in (False, True) and isinstance(rows, int) and rows >= 0
        sound = sound and isinstance(kind, str) and _KIND.fullmatch(kind) is not None
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        sound = False
    if not sound:
        raise fault(name, "is not a column of whole numbers, truth values or texts")
    item = np.dtype(kind)
    if rows * item.itemsize != len(stored) - begin - length:
        raise fault(name, "does not have as many bytes as it declares")
    return np.frombuffer(stored, item, rows, begin + length)


def texts(column: NDArray[Any], name: str, fault: Callable[..., Exception]) -> list[str]:
    """The texts of a column, from UTF-8 bytes or from characters, without zeros at their end."""
    if column.dtype.kind not in "SU":
        raise fault(name, "is not a column of texts")
    try:
        if column.dtype.kind == "U":
            return [text for part in _split(column) for text in part.tolist()]
        if _plain(column):
            return [text for part in _split(column) for text in part.astype("U").tolist()]
        return [text.decode("utf-8") for text in column.tolist()]
    except (UnicodeDecodeError, ValueError):
        raise fault(name, "holds bytes that are not UTF-8") from None


def _split(column: NDArray[Any]) -> list[NDArray[Any]]:
    """Parts small enough that turning each into texts takes little memory."""
    return [column[at : at + 100_000] for at in range(0, len(column), 100_000)]


def _plain(column: NDArray[Any]) -> bool:
    return not any((np.ascontiguousarray(part).view(np.uint8) > 127).any() for part in _split(column))


def numbers(column: NDArray[Any], name: str, fault: Callable[..., Exception]) -> NDArray[Any]:
    """The column, refused unless it holds whole numbers within 63 bits."""
    if column.dtype.kind not in "iu":
        raise fault(name, "is not a column of whole numbers")
    if column.dtype == np.uint64 and len(column) and int(column.max()) >= 2**63:
        raise fault(name, "holds a number beyond 63 bits")
    return column


def text_column(values: Any) -> NDArray[Any]:
    """Texts as a column of UTF-8 bytes; ValueError where one ends in a zero, which such a column loses."""
    listed = list(values)
    if any(text.endswith("\0") for text in listed):
        raise ValueError("a text that ends in a zero character has no columnar form")
    whole = "".join(listed)
    column = np.array(listed, "S") if whole.isascii() else np.array([text.encode("utf-8") for text in listed])
    return column if len(listed) else np.zeros(0, "S1")


def written(columns: Mapping[str, NDArray[Any]]) -> list[Buffer]:
    """The file of these columns as buffers to be written one after another, in its one form.

    In the order given, dated 1 January 1980, each array beginning at a multiple of 64 bytes.
    """
    parts: list[Buffer] = []
    directory: list[bytes] = []
    offset = 0
    for name, column in columns.items():
        label = f"{name}.npy".encode("ascii")
        kind = column.dtype.str if column.dtype.itemsize > 1 else column.dtype.str.replace("<", "|")
        text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({len(column)},), }}"
        before = offset + _LOCAL.size + len(label) + 10
        padded = text + " " * (-(before + len(text) + 1) % 64) + "\n"
        head = b"\x93NUMPY\1\0" + struct.pack("<H", len(padded)) + padded.encode("ascii")
        body = np.ascontiguousarray(column).data.cast("B") if len(column) else memoryview(b"")
        crc, size = zlib.crc32(body, zlib.crc32(head)), len(head) + len(body)
        if offset + size >= 2**32 - 2**20:
            raise ValueError(f"a file of columns holds at most {LARGEST} bytes")
        local = _LOCAL.pack(MAGIC, 20, 0, 0, 0, _DAY, crc, size, size, len(label), 0) + label
        parts += [local, head, body]
        entry = (
            b"PK\1\2",
            0x314,
            20,
            0,
            0,
            0,
            _DAY,
            crc,
            size,
            size,
            len(label),
            0,
            0,
            0,
            0,
            0o100644 << 16,
            offset,
        )
        directory.append(_CENTRAL.pack(*entry) + label)
        offset += len(local) + size
    table = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(directory), len(directory), len(table), offset, 0)
    return [*parts, table, end]
