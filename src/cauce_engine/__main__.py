"""The public command: solve, verify, explain and import, with nothing but files.

Exit status: 0 fine; 1 a property is broken or the answer differs; 2 the input cannot be used; 3 no stable
answer exists or none was found.
"""

from __future__ import annotations

import argparse
import mmap
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cauce_engine import (
    Allocation,
    InvalidAnswer,
    InvalidQuestion,
    Uncertified,
    __version__,
    allocate,
    certify,
    explain,
    explain_all,
    parse_question,
    read_question,
)
from cauce_engine.after.correcting import Corrected, compare
from cauce_engine.after.corrections import EFFECTS, Correction
from cauce_engine.after.files import Refused, carry_out, read_change, verify_change
from cauce_engine.formats.columnar import COLUMNS, answer_in_columns, question_in_columns, read_answer
from cauce_engine.formats.columns import MAGIC
from cauce_engine.formats.documents import LARGEST
from cauce_engine.formats.importing import FORMATS, TIES, imported
from cauce_engine.package import Unreadable, read_package, verify_answer, verify_package
from cauce_engine.warm import warm

_STATUS = {"certified": 0, "none-exists": 3, "not-found": 3}
_WORDS = {
    "es": {
        "unopened": "{path}: el archivo no se puede abrir: {problem}",
        "unwritten": "{path}: no se puede escribir: {problem}",
        "question": "{path}: la pregunta no se puede usar: {problem}",
        "answer": "{path}: la respuesta no se puede usar: {problem}",
        "nobody": 'En la pregunta no hay nadie con el identificador "{applicant}".',
        "uncertified": "La respuesta calculada no cumple {problem}: no se publica.",
        "memory": "No hay memoria suficiente para esta pregunta.",
        "status": "{status}: vea la respuesta, que dice por qué.",
    },
    "en": {
        "unopened": "{path}: the file cannot be opened: {problem}",
        "unwritten": "{path}: cannot be written: {problem}",
        "question": "{path}: the question cannot be used: {problem}",
        "answer": "{path}: the answer cannot be used: {problem}",
        "nobody": 'Nobody in the question has the identifier "{applicant}".',
        "uncertified": "The computed answer breaks {problem}: it is not published.",
        "memory": "There is not enough memory for this question.",
        "status": "{status}: see the answer, which says why.",
    },
}


class _Stop(Exception):
    """Ends the command with a status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; prints sentences, never a traceback, and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except _Stop as stop:
        sentence, status = str(stop), stop.status
    except MemoryError:
        sentence, status = _WORDS[options.lang]["memory"], 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        return 130
    sys.stderr.write(sentence.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cauce_engine", description="Solve, verify and explain allocations in the open format."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--lang", choices=sorted(_WORDS), default="es", help="language of sentences")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--lang", choices=sorted(_WORDS), default=argparse.SUPPRESS)
    solve = commands.add_parser("solve", parents=[shared], help="answer a question")
    solve.add_argument("question", type=Path, metavar="QUESTION.json")
    solve.add_argument("--out", type=Path, metavar="ANSWER.json", help="write there instead of printing")
    solve.add_argument(
        "--explanations", action="store_true", help="with the reason of every wish (a file of columns)"
    )
    solve.set_defaults(run=_solve)
    convert = commands.add_parser("convert", parents=[shared], help="write a question as JSON or as columns")
    convert.add_argument("question", type=Path, metavar="QUESTION")
    convert.add_argument("--out", type=Path, metavar="QUESTION.json | QUESTION.cauce")
    convert.set_defaults(run=_convert)
    verify = commands.add_parser("verify", parents=[shared], help="check an answer, or a whole package")
    verify.add_argument("files", type=Path, nargs="+", metavar="QUESTION.json ANSWER.json | PACKAGE.zip")
    verify.add_argument("--checks", action="store_true", help="list every property")
    verify.set_defaults(run=_verify)
    explain = commands.add_parser("explain", parents=[shared], help="explain one person's result")
    explain.add_argument("files", type=Path, nargs="+", metavar="QUESTION.json ANSWER.json | PACKAGE.zip")
    explain.add_argument("--applicant", required=True, metavar="ID")
    explain.set_defaults(run=_explain)
    correct = commands.add_parser("correct", parents=[shared], help="work a correction into an answer")
    correct.add_argument("--effect", choices=EFFECTS, help="instead of the one that the correction names")
    correct.add_argument("--compare", action="store_true", help="say what every effect would do")
    correct.add_argument(
        "--corrected", type=Path, metavar="QUESTION.json", help="write the corrected question"
    )
    swap = commands.add_parser("swap", parents=[shared], help="carry out a swap round")
    for after, name in ((correct, "CORRECTION.json"), (swap, "SWAP.json")):
        after.add_argument("files", type=Path, nargs=3, metavar=("QUESTION.json", "ANSWER.json", name))
        after.add_argument(
            "--out", type=Path, metavar="OUTCOME.json", help="write there, and say what changed"
        )
        after.set_defaults(run=_after, effect=None, compare=False, corrected=None)
    bring = commands.add_parser(
        "import", parents=[shared], help="turn a file of another format into a question"
    )
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--format", choices=FORMATS, help="instead of the one that the file looks like")
    bring.add_argument("--ties", choices=TIES, default=TIES[0], help="keep ties, or settle them as printed")
    bring.add_argument("--capacity", type=int, default=1, help="seats of every post of a PrefLib file")
    bring.add_argument("--posts", type=Path, metavar="FILE", help="the posts' orders, a second PrefLib file")
    bring.add_argument("--out", type=Path, metavar="QUESTION.json", help="write there instead of printing")
    bring.set_defaults(run=_import)
    warm = commands.add_parser("warm", parents=[shared], help="compile the loops once")
    warm.set_defaults(run=_warm)
    return parser


def _loaded(path: Path, lang: str) -> Any:
    """The bytes of a file; of a file of columns, a map of it, so that its size costs nothing before it is checked."""
    try:
        with path.open("rb") as file:
            if path.is_file() and file.read(4) == MAGIC:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if path.is_file():
                file.seek(0)
            return file.read(LARGEST + 1)
    except OSError as error:
        problem = error.strerror or str(error)
        raise _Stop(2, _WORDS[lang]["unopened"].format(path=path, problem=problem)) from None


def _solve(options: argparse.Namespace) -> int:
    words = _WORDS[options.lang]
    try:
        question = read_question(_loaded(options.question, options.lang))
        answer = allocate(question)
        everything = explain_all(question, answer) if options.explanations else None
    except InvalidQuestion as error:
        raise _Stop(
            2, words["question"].format(path=options.question, problem=error.said(options.lang))
        ) from None
    except Uncertified as error:
        raise _Stop(1, words["uncertified"].format(problem=error.check.name)) from None
    columns = everything is not None or (options.out is not None and options.out.suffix == COLUMNS)
    _write(
        options.out, answer_in_columns(answer, everything) if columns else [answer.to_bytes()], options.lang
    )
    if _STATUS[answer.status]:
        sys.stderr.write(words["status"].format(status=answer.status) + "\n")
    return _STATUS[answer.status]


def _import(options: argparse.Namespace) -> int:
    posts = None if options.posts is None else _loaded(options.posts, options.lang)
    data = _loaded(options.file, options.lang)
    try:
        document = imported(data, options.format, ties=options.ties, capacity=options.capacity, posts=posts)
        question = parse_question(document)
    except InvalidQuestion as error:
        problem = error.said(options.lang)
        raise _Stop(2, _WORDS[options.lang]["question"].format(path=options.file, problem=problem)) from None
    _write(options.out, [question.canonical(), b"\n"], options.lang)
    return 0


def _convert(options: argparse.Namespace) -> int:
    try:
        question = read_question(_loaded(options.question, options.lang))
    except InvalidQuestion as error:
        problem = error.said(options.lang)
        raise _Stop(
            2, _WORDS[options.lang]["question"].format(path=options.question, problem=problem)
        ) from None
    columns = options.out is not None and options.out.suffix == COLUMNS
    _write(options.out, question_in_columns(question) if columns else [question.canonical()], options.lang)
    return 0


def _write(path: Path | None, data: Sequence[Any], lang: str) -> None:
    """Write all of these buffers, or nothing."""
    if path is None:
        sys.stdout.buffer.writelines(data)
        sys.stdout.buffer.flush()
        return
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(b"".join(data))
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(data)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        problem = error.strerror or str(error)
        raise _Stop(2, _WORDS[lang]["unwritten"].format(path=path, problem=problem)) from None


def _pair(options: argparse.Namespace) -> tuple[Any, Any]:
    if len(options.files) == 2:
        question, answer = (_loaded(path, options.lang) for path in options.files)
        return question, answer
    if len(options.files) != 1:
        raise _Stop(2, "QUESTION.json ANSWER.json | PACKAGE.zip")
    path = options.files[0]
    try:
        files = read_package(path)
    except Unreadable as error:
        raise _Stop(2, _WORDS[options.lang]["unopened"].format(path=path, problem=error)) from None
    except OSError as error:
        problem = error.strerror or str(error)
        raise _Stop(2, _WORDS[options.lang]["unopened"].format(path=path, problem=problem)) from None
    return files["question.json"], files["answer.json"]


def _after(options: argparse.Namespace) -> int:
    """Carry out a correction or a swap round."""
    lang = options.lang
    paths = dict(zip(("question", "answer", "change"), options.files, strict=True))
    try:
        change = read_change(*(_loaded(path, lang) for path in options.files), lang=lang)
        if options.compare and isinstance(change, Correction):
            for effect in compare(change).values():
                _say(effect.sentences(lang)[0] if isinstance(effect, Corrected) else effect.said(lang))
            return 0
        outcome = carry_out(change, effect=options.effect, lang=lang)
    except Refused as refused:
        where = f"{paths[refused.which]}: " if refused.which in paths else ""
        raise _Stop(refused.exit_status, where + refused.problem) from None
    _write(options.out, [outcome.to_bytes()], lang)
    if options.corrected is not None and isinstance(outcome, Corrected):
        _write(options.corrected, [outcome.question.canonical()], lang)
    for sentence in outcome.sentences(lang) if options.out is not None else ():
        _say(sentence)
    return 0


def _verify(options: argparse.Namespace) -> int:
    if len(options.files) == 4:
        verified = verify_change(*(_loaded(path, options.lang) for path in options.files), lang=options.lang)
        _say(verified.line(options.lang))
        return verified.exit_status
    report = verify_package(options.files[0]) if len(options.files) == 1 else verify_answer(*_pair(options))
    _say(report.line(options.lang))
    if options.checks:
        for check in report.checks:
            _say(f"{check.name} {'✓' if check.holds else '✗'} {check.statement(options.lang)}")
    return report.exit_status


def _explain(options: argparse.Namespace) -> int:
    words, path = _WORDS[options.lang], options.files[0]
    question_bytes, answer_bytes = _pair(options)
    try:
        question = read_question(question_bytes)
        answer = Allocation.from_document(question, read_answer(answer_bytes))
    except InvalidQuestion as error:
        raise _Stop(2, words["question"].format(path=path, problem=error.said(options.lang))) from None
    except InvalidAnswer as error:
        status = 1 if error.differs else 2
        raise _Stop(
            status, words["answer"].format(path=options.files[-1], problem=error.said(options.lang))
        ) from None
    broken = next((check for check in certify(question, answer) if not check.holds), None)
    if broken is not None:
        problem = f"{broken.name}: {broken.statement(options.lang)}"
        raise _Stop(1, words["answer"].format(path=options.files[-1], problem=problem))
    try:
        explanation = explain(question, answer, options.applicant)
    except InvalidQuestion as error:
        raise _Stop(2, words["question"].format(path=path, problem=error.said(options.lang))) from None
    except KeyError:
        raise _Stop(2, words["nobody"].format(applicant=options.applicant)) from None
    for sentence in explanation.sentences(options.lang):
        _say(sentence)
    return 0


def _say(sentence: str) -> None:
    sys.stdout.buffer.write(sentence.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _warm(options: argparse.Namespace) -> int:
    """Run every loop once on a tiny question, so that it is compiled and kept."""

    warm()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
