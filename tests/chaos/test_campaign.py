"""One seed is one campaign; a short one plays many kinds of fault, a long one each of them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.campaign import KINDS, SERVICES, campaign
from tests.chaos.faults import FORGETTING, acts
from tests.chaos.poison import targets


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


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="write embedded or cluster"):
        campaign(1, 1, "both")


def test_poison_reaches_every_service() -> None:
    takers = {taker for _stream, _subject, some in targets() for taker in some}
    assert takers == set(SERVICES)
