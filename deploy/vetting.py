"""`make check`, last part: what we depend on, and that no secret lies in the repository.

Owns: the rules for locks and licences, the search for secrets, and the question to the advisory
service. Must not: pretend: what could not be checked is said to be unchecked.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERY = "requirements-dev.lock"
"""What the services run on, and what they are built and tested with."""
LOCKS = {"requirements.in": "requirements.lock", "requirements-dev.in": EVERY}
BASELINE = ".secrets.baseline"
AUDIT_S = 60
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
FORBIDDEN = re.compile(
    r"\bAGPL|Affero|(?<![L])GPL|(?<!Lesser )General Public|SSPL|BUSL|Commons Clause"
)
"""Licences of what the services run on that would bind what is built with them. LGPL is allowed:
it is used as a library, unchanged."""


def plain(name: str) -> str:
    """A package's name in the one form that all spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of each package in the text of a lock. Raises ValueError."""
    found: dict[str, tuple[str, int]] = {}
    for entry in lock.replace("\\\n", " ").splitlines():
        text = entry.partition(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        match = _PIN.match(text)
        if match is None:
            raise ValueError(f"not pinned: {text[:80]}")
        name = plain(match[1])
        hashes = len(_HASH.findall(match[3])) + (found[name][1] if name in found else 0)
        found[name] = (match[2], hashes)
    return found


def wanted(text: str) -> set[str]:
    """The packages that a .in file names."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {
        plain(re.split(r"[\[;<>=!~ ]", line)[0])
        for line in lines
        if line and not line.startswith("-")
    }


def lock_problems(root: Path) -> Iterator[str]:
    """What is wrong between the lists of wishes and the locks."""
    locked: dict[str, dict[str, tuple[str, int]]] = {}
    for wishes, lock in LOCKS.items():
        try:
            locked[lock] = pins((root / lock).read_text())
        except ValueError as error:
            yield f"{lock}: {error}"
            return
        for name, (_version, hashes) in locked[lock].items():
            if not hashes:
                yield f"{lock}: {name} has no hash"
        for name in sorted(wanted((root / wishes).read_text()) - locked[lock].keys()):
            yield f"{lock}: {name} of {wishes} is missing: run `make lock`"
    runtime, every = locked["requirements.lock"], locked[EVERY]
    for name, (version, _hashes) in runtime.items():
        if every.get(name, ("none", 0))[0] != version:
            yield f"{name}: {version} in requirements.lock, another one in requirements-dev.lock"


def licence_of(about: metadata.PackageMetadata) -> str:
    """What a package says of its licence, short."""
    classifiers = about.get_all("Classifier") or []
    given = about.get_all("License-Expression") or about.get_all("License") or [""]
    named = [one.rpartition("::")[2].strip() for one in classifiers if one.startswith("License ::")]
    return "; ".join([given[0][:80], *named])


def licence_problems(root: Path) -> Iterator[str]:
    """Packages the services run on that are here under a licence that is not allowed."""
    for name in pins((root / "requirements.lock").read_text()):
        try:
            told = licence_of(metadata.metadata(name))
        except metadata.PackageNotFoundError:
            continue  # Locked for another platform.
        alternatives = re.split(r"\bOR\b|;", told)
        if all(FORBIDDEN.search(one) for one in alternatives if one.strip()) and told.strip("; "):
            yield f"{name}: licence {told}"


def secret_problems(root: Path) -> Iterator[str]:
    """Texts that look like secrets and are not in the baseline of those a person has looked at."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    files = [
        name
        for name in listed.stdout.split("\0")
        if name and not name.endswith((".lock", BASELINE))
    ]
    hook = Path(sys.executable).parent / "detect-secrets-hook"
    with tempfile.TemporaryDirectory() as folder:
        # The hook writes moved line numbers into the baseline that it is given.
        copy = shutil.copy(root / BASELINE, folder)
        done = subprocess.run(
            [hook, "--json", "--baseline", copy, *files], cwd=root, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    if done.returncode in (0, 3):
        return
    try:
        found = json.loads(done.stdout)["results"]
    except (ValueError, KeyError):
        yield f"the search for secrets failed: {(done.stderr or done.stdout)[-300:]}"
        return
    for name, some in sorted(found.items()):
        for one in some:
            yield f"{name}:{one['line_number']}: looks like a secret ({one['type']})"


def advisories() -> tuple[str, list[str]]:
    """`checked`, or why nothing was checked; and what known advisories say of both locks.

    The larger one has every package of the other in the same version (`lock_problems`), so one
    question is about all.
    """
    tool = Path(sys.executable).parent / "pip-audit"
    words = ["--require-hashes", "--disable-pip", "-r", EVERY, "--timeout", "5",
             "--progress-spinner", "off", "-f", "json"]  # fmt: skip
    try:
        done = subprocess.run(
            [tool, *words], cwd=ROOT, capture_output=True, text=True, timeout=AUDIT_S, check=False
        )
        told = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"the advisory service gave no answer within {AUDIT_S} s", []
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return f"the advisory service could not be asked ({last[:160]})", []
    # A tool that cannot reach the service skips each package, and calls the rest free of faults.
    skipped = [one["name"] for one in told if "skip_reason" in one]
    state = f"{len(skipped)} of {len(told)} packages are not known to it" if skipped else "checked"
    return state, [
        f"{one['name']} {one['version']}: {known['id']}"
        for one in told
        for known in one.get("vulns", ())
    ]


def main() -> int:
    """Print what is wrong and what was not checked; the exit status is 1 when something is wrong.

    With REDCROWN_AUDIT=required it is an error too when the advisory service cannot be asked.
    """
    problems = [*lock_problems(ROOT), *licence_problems(ROOT), *secret_problems(ROOT)]
    state, known = advisories()
    problems += known
    if state != "checked":
        print(f"NOT CHECKED against known vulnerabilities or yanked releases: {state}")
        if os.environ.get("REDCROWN_AUDIT") == "required":
            problems.append("known vulnerabilities were not checked, and REDCROWN_AUDIT=required")
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("Dependencies: pinned with hashes, licences allowed. No new secrets.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
