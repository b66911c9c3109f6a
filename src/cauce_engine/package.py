"""The public package: everything needed to repeat an allocation, in one file whose every byte is accounted for.

A package is a zip archive written in exactly one way (stored, sorted names, no clock). Reading accepts no
other way, so no byte can change unseen and no archive can unfold into more than its own size.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cauce_engine.allocation import Uncertified, allocate
from cauce_engine.certify import certify
from cauce_engine.faults import Fault, InvalidAnswer, InvalidQuestion, quoted
from cauce_engine.formats.columnar import read_answer
from cauce_engine.formats.documents import read_json, read_question
from cauce_engine.problems import Question
from cauce_engine.results import Allocation, Check

FORMAT = "cauce-package/1"
LARGEST = 2**30
MOST_FILES = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DAY = (1 << 5) | 1
_RESERVED = ("question.json", "answer.json", "manifest.json", "LEEME.txt", "README.txt")


_COMPARED = (
    "status", "couples_definition", "places", "seats", "cutoffs", "unique", "dropped", "minima", "proof",
    "fewest_objections", "extra_seats", "spent", "ties", "size", "largest_found", "no_more_than", "order_of_call",
)  # fmt: skip
Finding = tuple[str, Mapping[str, Any]]


class Unreadable(ValueError):
    """The archive is not a package: damaged, or not written by this engine."""


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found.

    ``exit_status``: 0 verified; 1 a property is broken or something differs; 2 it cannot be used.
    """

    exit_status: int
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...] = ()
    question_digest: str | None = None
    package_digest: str | None = None

    @property
    def verified(self) -> bool:
        return self.exit_status == 0

    def line(self, lang: str = "es") -> str:
        """One line: verified, or what differs first; in Spanish ("es") or English ("en")."""
        words = _WORDS[lang]
        head = words[("verified", "differs", "unusable")[self.exit_status]]
        return head + "; ".join(
            words[name].format_map(_Shown(values, lang)) for name, values in self.findings
        )


def build_package(
    question: Question, allocation: Allocation, *, extra: Mapping[str, bytes] | None = None
) -> bytes:
    """The package of an answer as bytes; the same arguments give the same bytes.

    ``extra``: further files by name (rules, lists); plain names only. ValueError for a name that is taken,
    has a folder or is not plain ASCII, and for a package too large.
    """
    files = {
        "question.json": question.canonical(),
        "answer.json": allocation.to_bytes(),
        "LEEME.txt": _README["es"].encode("utf-8"),
        "README.txt": _README["en"].encode("utf-8"),
    }
    for name, content in (extra or {}).items():
        if name in _RESERVED or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of an extra file of a package")
        files[name] = content
    if len(files) + 1 > MOST_FILES or sum(map(len, files.values())) > LARGEST:
        raise ValueError(f"a package holds at most {MOST_FILES} files and {LARGEST} bytes")
    files["manifest.json"] = _manifest(files, allocation.engine, question.digest)
    return _written(files)


def verify_package(source: bytes | str | os.PathLike[str]) -> Report:
    """Verify a package without trusting any of it: container, manifest, lottery, certificate, and a re-run."""
    try:
        data = source if isinstance(source, bytes) else _loaded(Path(source))
        files = _read(data)
    except Unreadable as error:
        return Report(2, (("container", {"problem": str(error)}),))
    except OSError as error:
        return Report(2, (("unopened", {"problem": error.strerror or str(error)}),))
    report = verify_answer(files["question.json"], files["answer.json"])
    faults = _manifest_faults(files, data)
    status, findings = report.exit_status, report.findings
    if faults:
        status, findings = 1, (*faults, *(() if report.verified else report.findings))
    package = "sha256:" + hashlib.sha256(data).hexdigest()
    return Report(status, findings, report.checks, report.question_digest, package)


def verify_answer(question_bytes: Any, answer_bytes: Any) -> Report:
    """Verify an answer file against its question file: read, certify, run again, compare."""
    try:
        question = read_question(question_bytes)
    except InvalidQuestion as error:
        return Report(2, (("question", {"fault": error}),))
    try:
        document = read_answer(answer_bytes)
        answer = Allocation.from_document(question, document)
    except InvalidAnswer as error:
        return Report(1 if error.differs else 2, (("answer", {"fault": error}),), (), question.digest)
    checks = certify(question, answer)
    findings = [_broken(check) for check in checks if not check.holds][:1]
    try:
        again = allocate(question)
    except Uncertified as error:
        return Report(1, (_broken(error.check),), checks, question.digest)
    except InvalidQuestion as error:
        return Report(2, (("question", {"fault": error}),))
    difference = first_difference(document, again)
    if difference is not None:
        findings.append(("difference", difference))
    if findings:
        return Report(1, tuple(findings), checks, question.digest)
    facts = {"applicants": len(question.applicants), "posts": len(question.posts), "checks": len(checks)}
    return Report(0, (("facts", facts),), checks, question.digest)


def _broken(check: Check) -> Finding:
    return "broken", {"check": check}


def first_difference(published: Mapping[str, Any], recomputed: Allocation) -> dict[str, Any] | None:
    """The first place where a published answer document differs from the recomputed answer."""
    expected = recomputed.to_document()
    for name in _COMPARED:
        old, new = published.get(name), expected.get(name)
        if old == new or (name in ("status", "couples_definition") and old is None):
            continue
        return _inner_difference(name, old, new)
    if "checks" in published:
        return _checks_difference(published["checks"], recomputed.checks)
    return None


def _inner_difference(place: str, old: Any, new: Any) -> dict[str, Any]:
    """Descend to the first entry that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            if (key in old) != (key in new) or old[key] != new[key]:
                return _inner_difference(f"{place}[{quoted(key)}]", old.get(key), new.get(key))
    if isinstance(old, list) and isinstance(new, list):
        for at in range(max(len(old), len(new))):
            pair = [values[at] if at < len(values) else None for values in (old, new)]
            if pair[0] != pair[1]:
                return _inner_difference(f"{place}[{at}]", *pair)
    return {"place": place, "published": quoted(old), "recomputed": quoted(new)}


def _checks_difference(published: Any, checks: tuple[Check, ...]) -> dict[str, Any] | None:
    if not isinstance(published, list) or not all(isinstance(entry, Mapping) for entry in published):
        return {"place": "checks", "published": quoted(published), "recomputed": "a list of checks"}
    old = {str(entry.get("name")): entry.get("holds") for entry in published}
    new = {check.name: check.holds for check in checks}
    return None if old == new else _inner_difference("checks", old, new)


def _manifest(files: Mapping[str, bytes], engine: str, question: str) -> bytes:
    listed = [
        {"name": name, "bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
        for name in sorted(files)
        if name != "manifest.json"
    ]
    document = {
        "format": FORMAT,
        "formats": {"question.json": "cauce-question/1", "answer.json": "cauce-answer/1"},
        "engine": engine,
        "question": question,
        "files": listed,
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _manifest_faults(files: Mapping[str, bytes], data: bytes) -> list[Finding]:
    """The first thing that the manifest does not vouch for."""
    try:
        manifest = read_json(files["manifest.json"], InvalidAnswer)
        listed = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
        engine, question = manifest["engine"], manifest["question"]
    except (InvalidAnswer, KeyError, TypeError):
        return [("manifest", {"file": "manifest.json", "published": "?", "recomputed": "?"})]
    for name in sorted({*files, *listed} - {"manifest.json"}):
        found = hashlib.sha256(files[name]).hexdigest() if name in files else "-"
        if listed.get(name) != found:
            values = {"file": name, "published": str(listed.get(name, "-"))[:64], "recomputed": found}
            return [("manifest", values)]
    rewritten = _manifest(files, str(engine), str(question))
    if rewritten != files["manifest.json"]:
        return [("bytes", {"file": "manifest.json", "at": _first_byte(rewritten, files["manifest.json"])})]
    published = "sha256:" + hashlib.sha256(files["question.json"]).hexdigest()
    if question != published:
        values = {"file": "question.json", "published": str(question)[:71], "recomputed": published}
        return [("manifest", values)]
    expected = _written(files)
    return [("bytes", {"file": "(zip)", "at": _first_byte(expected, data)})] if expected != data else []


def _first_byte(one: bytes, other: bytes) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def read_package(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """The files of a package by name, unverified; `Unreadable` when it is not one."""
    return _read(_loaded(Path(path)))


def _loaded(path: Path) -> bytes:
    size = path.stat().st_size
    if size > LARGEST:
        raise Unreadable(f"{size} bytes; a package has at most {LARGEST}")
    return path.read_bytes()


def _written(files: Mapping[str, bytes]) -> bytes:
    """A zip archive in its one form: stored, names sorted, dated 1 January 1980."""
    parts: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name in sorted(files):
        content, label = files[name], name.encode("ascii")
        crc, size = zlib.crc32(content), len(content)
        head = _LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, _DAY, crc, size, size, len(label), 0)
        parts += [head, label, content]
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
        directory += [_CENTRAL.pack(*entry), label]
        offset += len(head) + len(label) + size
    table = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(table), offset, 0)
    return b"".join([*parts, table, end])


def _read(data: bytes) -> dict[str, bytes]:
    """The files of a package; never more bytes than the archive itself has."""
    if len(data) > LARGEST:
        raise Unreadable(f"{len(data)} bytes; a package has at most {LARGEST}")
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\3\4":
        if len(files) == MOST_FILES:
            raise Unreadable(f"more than {MOST_FILES} files")
        if at + _LOCAL.size > len(data):
            raise Unreadable(f"cut short at byte {at}")
        _, _, flags, method, _, _, _, stored, size, label, more = _LOCAL.unpack_from(data, at)
        if flags or method or more or stored != size:
            raise Unreadable(f"byte {at}: an entry that is compressed, encrypted or has extra fields")
        begin = at + _LOCAL.size
        name = data[begin : begin + label].decode("ascii", "replace")
        if not _NAME.fullmatch(name) or name in files:
            raise Unreadable(f"byte {begin}: {quoted(name)} cannot be the name of a file of a package")
        at = begin + label + size
        if at > len(data):
            raise Unreadable(f"{name} is cut short")
        files[name] = data[begin + label : at]
    for name in ("question.json", "answer.json", "manifest.json"):
        if name not in files:
            raise Unreadable(f"{name} is missing" if files else "this is not a package (a zip archive)")
    return files


class _Shown(dict[str, Any]):
    """Values of a finding as they read inside a sentence."""

    def __init__(self, values: Mapping[str, Any], lang: str) -> None:
        super().__init__(values)
        check = values.get("check")
        if isinstance(check, Check):
            witness = json.dumps(check.witness, ensure_ascii=False)
            self.update(name=check.name, statement=check.statement(lang), witness=witness)
        fault = values.get("fault")
        if isinstance(fault, Fault):
            self.update(place=fault.place or "-", problem=fault.problem_in(lang))


_WORDS = {
    "es": {
        "verified": "Verificada: ",
        "differs": "No verificada: ",
        "unusable": "No se puede verificar: ",
        "facts": "{applicants} personas, {posts} plazas, {checks} propiedades se cumplen "
        "y la repetición da la misma respuesta.",
        "container": "el paquete no se puede leer: {problem}",
        "unopened": "el archivo no se puede abrir: {problem}",
        "manifest": "{file} no es el archivo del manifiesto (publicado {published}, recalculado {recomputed})",
        "bytes": "{file} cambió en el byte {at}",
        "question": "pregunta, {place}: {problem}",
        "answer": "respuesta, {place}: {problem}",
        "broken": "{name} no se cumple: {statement} Testigo: {witness}",
        "difference": "respuesta, {place}: publicado {published}, recalculado {recomputed}",
    },
    "en": {
        "verified": "Verified: ",
        "differs": "Not verified: ",
        "unusable": "Cannot be verified: ",
        "facts": "{applicants} people, {posts} posts, {checks} properties hold "
        "and running it again gives the same answer.",
        "container": "the package cannot be read: {problem}",
        "unopened": "the file cannot be opened: {problem}",
        "manifest": "{file} is not the file of the manifest (published {published}, recomputed {recomputed})",
        "bytes": "{file} has changed at byte {at}",
        "question": "question, {place}: {problem}",
        "answer": "answer, {place}: {problem}",
        "broken": "{name} does not hold: {statement} Witness: {witness}",
        "difference": "answer, {place}: published {published}, recomputed {recomputed}",
    },
}

_README = {
    "es": """Paquete público de una asignación

question.json   la pregunta: personas, listas, plazas, mérito y sorteo
answer.json     la respuesta: quién obtiene qué plaza, los cortes y las propiedades comprobadas
manifest.json   la huella SHA-256 de cada archivo

Cualquiera puede repetir la asignación, sin conexión, con el programa publicado:

    python -m cauce_engine verify PAQUETE.zip
    python -m cauce_engine explain PAQUETE.zip --applicant FOLIO

La primera orden comprueba cada archivo, el compromiso del sorteo y cada propiedad, y repite el cálculo.
La segunda explica un resultado. Para comprobar una persona sin programa: recorra su lista desde la primera
opción; la primera plaza cuyo corte alcanza es la que le corresponde.
""",
    "en": """Public package of an allocation

question.json   the question: people, lists, posts, merit and lottery
answer.json     the answer: who gets which post, the cut-offs and the properties checked
manifest.json   the SHA-256 of every file

Anyone can repeat the allocation, without a network, with the published program:

    python -m cauce_engine --lang en verify PACKAGE.zip
    python -m cauce_engine --lang en explain PACKAGE.zip --applicant ID

The first command checks every file, the commitment of the lottery and every property, and runs it again.
The second explains one result. To check one person without a program: go through their list from the first
choice; the first post whose cut-off they reach is theirs.
""",
}
