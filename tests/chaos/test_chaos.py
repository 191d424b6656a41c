"""A bounded campaign on each deployment: nothing lost, nothing doubled, everything comes back.

`make chaos SEED=… FAULTS=… MODE=…` plays longer ones.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.system import ROOT

SEED = 4
SECONDS = {"embedded": 50, "cluster": 50}
"""No new fault after these: about three minutes in all with starting and coming to rest."""
RATES = {"embedded": "0.6", "cluster": "0.3"}
"""Visits begun a second: a third of what two cores carry that are shared with other tests."""
AT_LEAST = 3


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["embedded", "cluster"])
def test_a_campaign_ends_well(mode: str) -> None:
    words = ["--seed", str(SEED), "--faults", "40", "--mode", mode, "--rate", RATES[mode],
             "--seconds", str(SECONDS[mode]), "--calm", "3"]  # fmt: skip
    code, out, err = run(words)
    told = f"{out[-6_000:]}\n{err[-3_000:]}"
    assert code == 0, told
    figures = json.loads(out.splitlines()[-1])
    assert (figures["violations"], figures["lost"], figures["doubled"]) == (0, 0, 0), told
    assert figures["faults"] >= AT_LEAST and figures["letters"], f"hardly anything happened: {told}"


def run(words: list[str]) -> tuple[int, str, str]:
    """A campaign in a process of its own; it is asked to clean up when the test is given up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos", *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        out, err = process.communicate()
        return process.returncode, out, err
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
