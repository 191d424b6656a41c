"""The checks of dependencies and secrets find what is wrong, and say what they did not check."""

from __future__ import annotations

import shutil
import subprocess
from email.message import Message
from pathlib import Path

import pytest

from deploy import vetting

HASH = f"--hash=sha256:{'0' * 64}"
GOOD = (
    f"alpha==1.0 \\\n    {HASH}\n    # via x\n"
    f"beta[extra]==2.0 ; python_version < '4' \\\n    {HASH}\n"
)


def locks(
    root: Path, runtime: str, every: str = GOOD, wishes: str = "alpha\nbeta[extra]\n"
) -> list[str]:
    (root / "requirements.in").write_text(wishes)
    (root / "requirements-dev.in").write_text("-r requirements.in\n")
    (root / "requirements.lock").write_text(runtime)
    (root / "requirements-dev.lock").write_text(every)
    return list(vetting.lock_problems(root))


def test_locks(tmp_path: Path) -> None:
    assert locks(tmp_path, GOOD) == []
    assert "not pinned" in locks(tmp_path, "alpha>=1.0\n")[0]
    [no_hash] = locks(tmp_path, GOOD.replace(HASH, "", 1))
    assert no_hash == "requirements.lock: alpha has no hash"
    [missing] = locks(tmp_path, GOOD, wishes="alpha\ngamma\n")
    assert "gamma of requirements.in is missing" in missing
    [apart] = locks(tmp_path, GOOD.replace("alpha==1.0", "alpha==1.1"))
    assert apart.startswith("alpha: 1.1")


def test_ours_are_in_order() -> None:
    assert list(vetting.lock_problems(vetting.ROOT)) == []
    assert list(vetting.licence_problems(vetting.ROOT)) == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True), ("LGPL-3.0-only", True), ("GNU Lesser General Public License v3", True),
        ("", True), ("Apache-2.0 OR GPL-2.0", True),
        ("GPL-3.0-or-later", False), ("GNU General Public License v3", False),
        ("AGPL-3.0", False), ("SSPL-1.0", False),
    ],
)  # fmt: skip
def test_licences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, licence: str, allowed: bool
) -> None:
    about = Message()
    about["License-Expression"] = licence
    monkeypatch.setattr("deploy.vetting.metadata.metadata", lambda _name: about)
    (tmp_path / "requirements.lock").write_text(f"alpha==1.0 {HASH}\n")
    assert (list(vetting.licence_problems(tmp_path)) == []) is allowed


def test_a_planted_secret_is_found(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copy(vetting.ROOT / vetting.BASELINE, tmp_path)
    (tmp_path / "clean.py").write_text('"""Nothing here."""\n')
    assert list(vetting.secret_problems(tmp_path)) == []
    key = "AKIA" + "IOSFODNN7" + "EXAMPLQ"
    (tmp_path / "planted.py").write_text(f'"""Oh."""\n\nACCESS = "{key}"\n')
    found = list(vetting.secret_problems(tmp_path))
    assert found and found[0].startswith("planted.py:3: looks like a secret")
    shutil.rmtree(tmp_path / ".git")


def test_what_was_not_checked_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its service the tool skips every package and ends with success."""
    skipped = '{"dependencies": [{"name": "alpha", "skip_reason": "not found"}]}'
    known = '{"dependencies": [{"name": "alpha", "version": "1", "vulns": [{"id": "X-1"}]}]}'
    broken = ""
    told, asked = [], []
    for output in (skipped, known, broken):
        done = subprocess.CompletedProcess([], 0, output, "no route to host")

        def run(words: list[str], done: object = done, **_more: object) -> object:
            asked.append(words[words.index("-r") + 1])
            return done

        monkeypatch.setattr("deploy.vetting.subprocess.run", run)
        told.append(vetting.advisories())
    assert told[0] == ("1 of 1 packages are not known to it", [])
    assert told[1] == ("checked", ["alpha 1: X-1"])
    assert "no route to host" in told[2][0]
    # The lock of all that is installed here, or nobody asks about what tests and tools come with.
    assert {*asked} == {"requirements-dev.lock"}


@pytest.mark.parametrize(("wish", "status"), [("", 0), ("required", 1)])
def test_unchecked_passes_unless_it_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wish: str, status: int
) -> None:
    for name in ("lock_problems", "licence_problems", "secret_problems"):
        monkeypatch.setattr(vetting, name, lambda _root: [])
    monkeypatch.setattr(vetting, "advisories", lambda: ("no answer", []))
    monkeypatch.setenv("REDCROWN_AUDIT", wish)
    assert vetting.main() == status
    assert "NOT CHECKED" in capsys.readouterr().out
