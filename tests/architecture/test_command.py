"""The command that everything trusts: a failed test fails the run, whatever is said after it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext

import pytest
import run


@pytest.mark.once
@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("outcomes", [[0, 0], [1, 0], [0, 1]])
def test_one_failed_pass_fails_the_run(monkeypatch, quick, outcomes):
    left = outcomes[:1] if quick else outcomes[:]
    expected = max(left)
    start = subprocess.Popen

    def ends(_command, **options):
        """Each pass is a process that does nothing but end, as it is told."""
        return start([sys.executable, "-c", f"raise SystemExit({left.pop(0)})"], **options)

    monkeypatch.setattr(run, "setup", lambda **_options: None)
    monkeypatch.setattr(subprocess, "Popen", ends)
    with pytest.raises(SystemExit) if expected else nullcontext() as ended:
        run.test([], quick=quick, scale=False)
    assert not expected or ended.value.code == expected
    assert left == []
