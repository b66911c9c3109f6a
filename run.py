#!/usr/bin/env python3
"""Every command of the project: setup, demo, test, check, bench, work.

Needs nothing but Python 3.11 to 3.13. Whatever else it takes is installed into
``.venv`` beside this file, from requirement files with hashes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
SUPPORTED = ((3, 11), (3, 14))


class Stop(SystemExit):
    """Ends the command with one sentence for the person who typed it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"\n  {sentence}\n")


def say(sentence: str) -> None:
    print(f"  {sentence}", flush=True)


def run(*command: str | Path, **kwargs: object) -> None:
    """Run one step; a step that fails ends the command with its own exit status."""
    result = subprocess.run([str(part) for part in command], cwd=ROOT, **kwargs)  # type: ignore[call-overload]
    if result.returncode:
        raise SystemExit(result.returncode)


# ------------------------------------------------------------------ setup


def setup(*, dev: bool = False, compile_loops: bool = True) -> None:
    """Make ``.venv`` match the lock file, compile translations, and compile the engine's loops once."""
    if not SUPPORTED[0] <= sys.version_info[:2] < SUPPORTED[1]:
        raise Stop(f"Cauce needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}.")
    lock = _lock("dev" if dev else "runtime")
    if _stamp("dev" if dev else "runtime") != _digest(lock):
        _install(lock)
        # What is installed for development serves the demo too.
        for name in ("runtime", "dev") if dev else ("runtime",):
            _set_stamp(name, _digest(_lock(name)))
    _compile_translations()
    if compile_loops and _stamp("loops") != _loops():
        say("Compiling the engine's loops, once …")
        run(PYTHON, "-m", "cauce_engine", "warm", env=environment())
        _set_stamp("loops", _loops())


def _lock(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + str(ROOT).encode()).hexdigest()


def _loops() -> str:
    """Changes whenever the engine's source does, and then its loops are compiled anew."""
    sources = sorted((ROOT / "src" / "cauce_engine").rglob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _stamp(name: str) -> str:
    """What was last done: "runtime" and "dev" installed from which lock, "loops" compiled from which source."""
    stamp = VENV / f".cauce-{name}"
    return stamp.read_text() if stamp.exists() else ""


def _set_stamp(name: str, digest: str) -> None:
    (VENV / f".cauce-{name}").write_text(digest)


def _install(lock: Path) -> None:
    started = time.monotonic()
    if not PYTHON.exists():
        say("Making .venv …")
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Stop(
                "Python could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv."
            )
    say(f"Installing from {lock.relative_to(ROOT)} …")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([str(part) for part in [*pip, "uv"]], **quiet).returncode == 0:  # type: ignore[call-overload]
        uv = [BIN / "uv", "pip", "install", "--quiet", "--system-certs", "--python", PYTHON]
        fast = subprocess.run([str(p) for p in [*uv, "--require-hashes", "-r", lock]], cwd=ROOT)
        if fast.returncode:
            say("The fast installer failed; trying pip …")
            run(*pip, "--require-hashes", "-r", lock)
    else:
        run(*pip, "--require-hashes", "-r", lock)
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    say(f"Installed in {time.monotonic() - started:.0f} s.")


def _compile_translations() -> None:
    """Turn each ``.po`` into the ``.mo`` that Django reads, when it is newer."""
    for source in (ROOT / "src" / "cauce").rglob("*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            run(
                BIN / "pybabel", "--quiet", "compile", "--input-file", source, "--output-file", target,
                "--locale", source.parent.parent.name,
            )  # fmt: skip


def environment(**extra: str) -> dict[str, str]:
    """The environment of every child: the settings module and caches that survive between runs."""
    cache = os.environ.get("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba"))
    # Many processes start here, each with a thousand modules: compiled once, they are read by all.
    shell = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **shell,
        "DJANGO_SETTINGS_MODULE": "cauce.config.settings",
        "NUMBA_CACHE_DIR": cache,
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


# ------------------------------------------------------------------- demo


def demo(*, port: int, data: Path) -> None:
    """Fill an embedded database with invented people and serve it until interrupted."""
    started = time.monotonic()
    _refuse_busy(port)
    setup(compile_loops=False)
    data.mkdir(parents=True, exist_ok=True)
    board = _free_port(port + 1)
    env = environment(
        CAUCE_DEMO="true",
        CAUCE_DATA=str(data.resolve()),
        CAUCE_ORIGIN=f"http://localhost:{port}",
        CAUCE_BOARD=f"http://localhost:{board}",
        PYTHONPATH=str(ROOT / "src"),
    )
    introduction = data.resolve() / "people.txt"
    run(PYTHON, "-m", "django", "prepare_demo", "--people", introduction, env=env)
    compiling: list[subprocess.Popen[bytes]] = []
    children = [
        _start(*pages_command(port), env=env),
        _start(PYTHON, "-m", "django", "work", "--quiet", env=env),
        _start(*board_command(board), env=env),
    ]
    try:
        _wait_until_served(f"http://127.0.0.1:{port}/salud/", children)
        print(introduction.read_text("utf-8"), flush=True)
        say(f"Ready in {time.monotonic() - started:.0f} s. Ctrl-C stops everything.")
        loops = _loops()
        if _stamp("loops") != loops:
            # Behind the first page, so that nobody waits for it; a run that comes earlier compiles what it needs.
            compiling.append(_start(PYTHON, "-m", "cauce_engine", "warm", env=env))
        _watch(children)
    finally:
        if compiling and compiling[0].poll() == 0:
            _set_stamp("loops", loops)
        _stop([*children, *compiling])


def pages_command(port: int) -> list[str | Path]:
    """The server of the pages."""
    return [
        PYTHON, "-m", "gunicorn", "cauce.config.wsgi", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "cauce.config.server.StampingWorker", "--workers", "2", "--threads", "4",
        "--graceful-timeout", "2", "--keep-alive", "5", "--preload",
        "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip


def board_command(port: int) -> list[str | Path]:
    """The board of live choices: thousands of open streams in one process, which reads only while they are watched."""
    return [
        PYTHON, "-m", "gunicorn", "cauce.config.board:app", "--worker-class", "asgi", "--workers", "1",
        "--worker-connections", "20000", "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "1",
        "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Stop(f"Port {port} is taken. Choose another: python3 run.py demo --port 8001") from None


def _free_port(wanted: int) -> int:
    """``wanted``, or any other that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(*command: str | Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: the terminal's Ctrl-C reaches only this supervisor, which ends the children in order.
    return subprocess.Popen([str(part) for part in command], cwd=ROOT, env=env, start_new_session=True)


def _wait_until_served(url: str, children: list[subprocess.Popen[bytes]], *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if any(child.poll() is not None for child in children):
            raise Stop("A process of the demo ended before it served its first page; its message is above.")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise Stop(f"Nothing answered at {url} within {seconds:.0f} s.")


def _watch(children: list[subprocess.Popen[bytes]]) -> None:
    while all(child.poll() is None for child in children):
        time.sleep(0.3)
    raise Stop("A process of the demo ended by itself; its message is above.")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        for child in children:
            if child.poll() is None:
                _signal(child, sent)
        until = time.monotonic() + 6
        while time.monotonic() < until and any(child.poll() is None for child in children):
            time.sleep(0.05)


def _signal(child: subprocess.Popen[bytes], sent: signal.Signals) -> None:
    try:
        os.killpg(child.pid, sent)
    except ProcessLookupError:
        child.poll()


def work() -> None:
    """Run one worker on the database that ``DATABASE_URL`` names."""
    setup()
    os.execve(PYTHON, [str(PYTHON), "-m", "django", "work"], environment())


# ---------------------------------------------------------- test, check, bench


def test(arguments: list[str], *, quick: bool, scale: bool) -> None:
    """Everything on SQLite, then all that touches a database on PostgreSQL; journeys in a real browser on both.

    ``--quick`` leaves out the browser, PostgreSQL, what is slow and most random examples; ``--scale`` runs only
    the national sizes, and the journeys with doctors at a desk and offices on a phone.
    """
    setup(dev=True)
    started = time.monotonic()
    env = environment(CAUCE_TESTING="true")
    env.pop("DATABASE_URL", None)
    # One of three waits for the browser most of the time.
    processes, spread = ("2", "worksteal") if quick else ("3", "loadgroup")
    pytest = [PYTHON, "-m", "pytest", "--numprocesses", processes, "--dist", spread]
    outcomes = []
    if quick:
        env["TEST_EXAMPLES"] = "0.04"
        quickly = [*pytest, "-m", "not journey and not scale and not slow", *arguments]
        outcomes.append(subprocess.run([str(part) for part in quickly], cwd=ROOT, env=env).returncode)
    else:
        size = "scale" if scale else "not scale"
        # What no database can change is not repeated; the demo is filled on PostgreSQL by the journeys.
        once = (
            "tests/engine", "tests/conformance", "tests/architecture/test_structure.py",
            "tests/architecture/test_audited.py", "tests/architecture/test_translations.py", "tests/demo",
            "tests/journeys/test_look.py", "tests/journeys/test_passkey.py",
            "tests/calls/test_application_script.py", "tests/base/test_reading.py",
            "tests/indicators/test_replay.py",
        )  # fmt: skip
        on_postgresql = [PYTHON, "-m", "tests.postgres", *pytest, *(f"--ignore={path}" for path in once)]
        exchanged = {**env, "JOURNEY_WIDTHS": "swapped"}
        passes = [
            ("SQLite", [*pytest, "-m", size, *arguments], env),
            ("PostgreSQL", [*on_postgresql, "-m", f"{size} and not once", *arguments], exchanged),
        ]
        if scale:
            walked = [*pytest, "tests/journeys", *arguments]
            passes.append(("SQLite, journeys with the widths exchanged", walked, exchanged))
        for name, command, variables in passes:
            say(f"On {name}:")
            words = [str(part) for part in command]
            outcomes.append(subprocess.run(words, cwd=ROOT, env=variables).returncode)
    # On a shared machine the clock also counts what others took; the processor's time is ours.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    say(f"Tests took {time.monotonic() - started:.0f} s, and {seconds:.0f} s of the processors.")
    say(f"Beside them: ten million turns of an empty loop take {_calibration():.2f} s here now.")
    if any(outcomes):
        raise SystemExit(max(outcomes))


def _calibration() -> float:
    """Seconds that this machine needs now for always the same: what the other seconds are read beside."""
    started = time.perf_counter()
    for _turn in range(10_000_000):
        pass
    return time.perf_counter() - started


def check() -> None:
    """Format, lint, types, import contracts, templates, migrations, translations."""
    setup(dev=True)
    env = environment(CAUCE_TESTING="true")
    steps: list[list[str | Path]] = [
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "ruff", "check", "."],
        [BIN / "mypy"],
        [BIN / "lint-imports"],
        [BIN / "djlint", "src", "--lint", "--quiet"],
        [PYTHON, "-m", "django", "check", "--fail-level", "WARNING"],
        [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"],
        [PYTHON, "-m", "pytest", "tests/architecture", "-q"],
    ]
    failed = []
    for step in steps:
        name = " ".join(str(part).removeprefix(str(BIN) + os.sep) for part in step)
        say(f"• {name}")
        if subprocess.run([str(part) for part in step], cwd=ROOT, env=env).returncode:
            failed.append(name)
    if failed:
        raise Stop("Failed: " + "; ".join(failed))
    say("All checks passed.")


def bench(arguments: list[str]) -> None:
    """Measure side by side and print the table; ``--write`` keeps it in docs."""
    setup(dev=True)
    run(PYTHON, "-m", "tests.bench", *arguments, env=environment())


# ------------------------------------------------------------------- command


def main() -> None:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="install into .venv and compile").add_argument(
        "--dev", action="store_true"
    )
    demo_parser = commands.add_parser("demo", help="serve a filled demo on this machine")
    demo_parser.add_argument("--port", type=int, default=8000)
    demo_parser.add_argument("--data", type=Path, default=ROOT / "var" / "demo")
    test_parser = commands.add_parser("test", help="run every test (other arguments go to pytest)")
    test_parser.add_argument("--quick", action="store_true", help="SQLite only, no browser")
    test_parser.add_argument("--scale", action="store_true", help="the national-size tests only")
    commands.add_parser("check", help="format, lint, types, contracts, migrations, translations")
    commands.add_parser("bench", help="measure and print the table (arguments go to the bench)")
    commands.add_parser("work", help="run a worker")
    arguments, rest = parser.parse_known_args()
    if rest and arguments.command not in {"test", "bench"}:
        parser.error(f"unknown: {' '.join(rest)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        match arguments.command:
            case "setup":
                setup(dev=arguments.dev)
            case "demo":
                demo(port=arguments.port, data=arguments.data)
            case "test":
                test(rest, quick=arguments.quick, scale=arguments.scale)
            case "check":
                check()
            case "bench":
                bench(rest)
            case "work":
                work()
    except KeyboardInterrupt:
        say("Stopped.")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
