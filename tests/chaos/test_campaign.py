"""One seed is one campaign; a short one plays many kinds of fault, a long one each of them."""

from __future__ import annotations

import importlib
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from shared.chassis.settings import Settings
from tests.chaos.bus import Node, copy_disks
from tests.chaos.campaign import FORGETTING, KINDS, SERVICES, campaign
from tests.chaos.disks import Disk
from tests.chaos.faults import acts
from tests.chaos.logs import unthought_of
from tests.chaos.poison import target


@pytest.mark.parametrize("mode", ["embedded", "cluster"])
def test_one_seed_is_one_campaign(mode: str) -> None:
    assert campaign(7, 60, mode) == campaign(7, 60, mode)
    assert campaign(7, 60, mode) != campaign(8, 60, mode)


@pytest.mark.parametrize("mode", ["embedded", "cluster"])
def test_every_kind_comes_before_any_comes_too_often(mode: str) -> None:
    deck = {kind.name: kind.weight for kind in KINDS if mode in kind.modes}
    size = sum(deck.values())
    dealt = [one for some in campaign(3, size, mode) for one in some]
    assert Counter(one.kind for one in dealt) == deck
    assert [one.number for one in dealt] == list(range(1, size + 1))


def test_every_kind_has_an_act_and_lasts_as_long_as_it_says() -> None:
    assert set(acts()) == {kind.name for kind in KINDS} > FORGETTING
    bounds = {kind.name: kind.lasts_s for kind in KINDS}
    for some in campaign(5, 200, "cluster"):
        for one in some:
            shortest, longest = bounds[one.kind]
            assert shortest <= one.lasts_s <= longest


def test_only_the_kinds_that_are_asked_for_come() -> None:
    some = campaign(2, 6, "cluster", ["rewind bus", "poison"])
    assert {one.kind for strikes in some for one in strikes} == {"rewind bus", "poison"}
    with pytest.raises(ValueError, match="no such fault in mode cluster: disk full; of kill"):
        campaign(2, 6, "cluster", ["disk full"])


def test_disks_are_copied_while_all_servers_stand_still(tmp_path: Path) -> None:
    """A server that writes wherever any other still goes on would be seen in a copy."""
    happened: list[str] = []
    servers = [_Scribe(f"nats-{number}", tmp_path, happened) for number in range(1, 4)]
    copy_disks(servers)
    copies = [(one.older / "log").read_text() for one in servers]
    assert copies == ["paused paused paused"] * 3
    assert happened == ["paused"] * 3 + ["resumed"] * 3


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="write embedded or cluster"):
        campaign(1, 1, "both")


class _Scribe(Node):
    """A server on whose disk stands what has happened to all of them so far."""

    def __init__(self, name: str, folder: Path, happened: list[str]) -> None:
        super().__init__(name, "nats", [], {}, Disk(folder / name), "")
        self.store, self._happened = self.disk.folder, happened

    def pause(self) -> None:
        self._note("paused")

    def resume(self) -> None:
        self._note("resumed")

    def _note(self, what: str) -> None:
        self._happened.append(what)
        for disk in self.disk.folder.parent.glob("nats-?"):
            (disk / "log").write_text(" ".join(self._happened))


def test_poison_reaches_every_subject_that_anybody_takes() -> None:
    chance = random.Random(1)
    hit = {target(chance) for _ in range(20_000)}
    reached = {(service, subject) for _stream, subject, some in hit for service in some}
    for service in SERVICES:
        main = importlib.import_module(f"services.{service}.main")
        for consumer in main.build(Settings(store_url="sqlite://")).use.takes:
            pattern = consumer.subject.replace(".", r"\.").replace("*", "[^.]+")
            met = [one for name, one in reached if name == service and re.fullmatch(pattern, one)]
            assert met, f"{consumer.subject} of {service}"


def test_a_log_tells_what_nobody_thought_of(tmp_path: Path) -> None:
    (tmp_path / "good-1.log").write_text('{"event": "round_failed", "error": "ConnectionError"}\n')
    assert list(unthought_of(tmp_path)) == []
    (tmp_path / "bad-1.log").write_text('{"event": "up"}\n{"event": "request_failed"}\nTask '
                                        "exception was never retrieved\n")  # fmt: skip
    assert list(unthought_of(tmp_path)) == [
        'bad-1.log has 2 errors, first: {"event": "request_failed"}'
    ]
