"""The handshake: what both sides can do, as JSON inside of OTA_Ping.

Owns: what this server can do, and what of it a client can use.
Must not: remember a client; the standard makes the client remember.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.outcomes import ADVISORY, VERSION, Outcome, answer
from services.bookings.hotels.alpinebits.xml import Unacceptable

PROTOCOL = "2024-10"
Abilities = Mapping[str, Mapping[str, frozenset[str]]]
"""By version, by action: what is supported beyond the action itself."""
MAX_ENTRIES = 500
"""Versions, actions and capabilities of one client."""

FREE_ROOMS = "OTA_HotelInvCountNotif"
OURS: Abilities = {
    PROTOCOL: {
        "action_OTA_Ping": frozenset(),
        f"action_{FREE_ROOMS}": frozenset(
            f"{FREE_ROOMS}_accept_{what}"
            for what in (
                "categories",
                "complete_set",
                "deltas",
                "out_of_order",
                "out_of_market",
                "closing_seasons",
            )
        ),
        "action_OTA_Read": frozenset(),
        "action_OTA_HotelResNotif_GuestRequests_StatusUpdate": frozenset(),
    }
}
"""Single rooms are not taken (`accept_rooms`): bookings counts rooms by type."""


def pong(request: Any) -> Any:
    """The answer to OTA_PingRQ: the common abilities, and the client's own words once more.

    A client whose words are no abilities gets an error.
    """
    echo = request.find(xml.tag("EchoData"))
    said = "".join(echo.itertext())
    try:
        common = both(OURS, abilities(said))
    except Unacceptable as error:
        return answer("OTA_PingRS", Outcome.error(error.reason))
    root = xml.element("OTA_PingRS", Version=VERSION)
    xml.child(root, "Success")
    warnings = xml.child(root, "Warnings")
    xml.child(warnings, "Warning", written(common),
              Type=str(ADVISORY), Status="ALPINEBITS_HANDSHAKE")  # fmt: skip
    xml.child(root, "EchoData", said)
    return root


def abilities(text: str) -> Abilities:
    """What a client says it can do. Unknown members are skipped. Raises Unacceptable."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise Unacceptable("EchoData is not JSON") from None
    versions = told.get("versions") if isinstance(told, dict) else None
    if not isinstance(versions, list):
        raise Unacceptable("EchoData has no list `versions`")
    found: dict[str, dict[str, frozenset[str]]] = {}
    entries = 0
    for version in versions:
        name = _name(version, "version")
        actions = version.get("actions", [])
        if not isinstance(actions, list):
            raise Unacceptable("`actions` is no list")
        mine = found.setdefault(name, {})
        for action in actions:
            supports = _supports(action)
            entries += 1 + len(supports)
            mine[_name(action, "action")] = supports
        if (entries := entries + 1) > MAX_ENTRIES:
            raise Unacceptable(f"more than {MAX_ENTRIES} abilities")
    return found


def both(ours: Abilities, theirs: Abilities) -> Abilities:
    """What both can do. A version without a common action is still a common version."""
    return {
        version: {
            action: able & theirs[version][action]
            for action, able in actions.items()
            if action in theirs[version]
        }
        for version, actions in ours.items()
        if version in theirs
    }


def written(some: Abilities) -> str:
    """Abilities as the JSON of the standard, the newest version first."""
    versions = []
    for version in sorted(some, reverse=True):
        actions = [
            {"action": action, **({"supports": sorted(able)} if able else {})}
            for action, able in sorted(some[version].items())
        ]
        versions.append({"version": version, **({"actions": actions} if actions else {})})
    return json.dumps({"versions": versions}, separators=(",", ":"))


def _name(entry: Any, member: str) -> str:
    name = entry.get(member) if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise Unacceptable(f"an entry has no text `{member}`")
    return name


def _supports(action: Any) -> frozenset[str]:
    listed = action.get("supports", []) if isinstance(action, dict) else []
    if not isinstance(listed, list):
        raise Unacceptable("`supports` is no list")
    return frozenset(one for one in listed if isinstance(one, str))
