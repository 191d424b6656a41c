"""The store's own keys, unlocked at the start; and rewrapping when the master key changes.

Owns: telling a wrong master key before anything is read or written.
Must not: make a new key where data may be sealed under another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from services.guests import store
from services.guests.store import GUESTS, KEYS
from services.guests.vault import KEY_BYTES, DamagedError, MasterKeyError, Vault, blind
from shared.chassis.work import Work

INDEX, CHAIN = "index", "chain"


@dataclass(frozen=True, slots=True)
class Keyring:
    """An unlocked store."""

    vault: Vault
    _index: bytes
    chain: bytes
    """Signs the audit."""

    def identify(self, visit: str, text: str) -> str:
        """A print by which a guest is found again within one visit, and in no other."""
        return blind(self._index, visit, text)


def about(visit: str, guest: str) -> str:
    """Whose the sealed data is."""
    return f"{visit}\n{guest}"


def unlock(work: Work, vault: Vault) -> Keyring:
    """The store's keys, made with an empty store. Raises MasterKeyError for a wrong master key."""
    made = [
        {"name": name, "key_id": vault.key_id, "wrapped": vault.wrap(name, vault.random(KEY_BYTES))}
        for name in (INDEX, CHAIN)
    ]
    work.insert_if_missing(KEYS, made)
    opened: dict[str, bytes] = {}
    for row in work.connection.execute(select(KEYS)).all():
        try:
            opened[row.name] = vault.unwrap(row.name, row.key_id, bytes(row.wrapped))
        except DamagedError as error:
            raise MasterKeyError(
                f"this store was sealed under the master key {row.key_id}, and the one given is "
                f"{vault.key_id}: give the right one; nothing was changed"
            ) from error
    return Keyring(vault, opened[INDEX], opened[CHAIN])


def rewrap(work: Work, vault: Vault, most: int) -> int:
    """Wrap keys of at most so many guests anew under the current master key; how many it were.

    What is sealed stays as it is. Raises DamagedError for a key that no known master key opens.
    """
    old = select(GUESTS).where(GUESTS.c.key_id.is_not(None), GUESTS.c.key_id != vault.key_id)
    rows = work.connection.execute(old.order_by(GUESTS.c.guest).limit(most).with_for_update()).all()
    moved = [
        {
            "guest": row.guest,
            "key_id": vault.key_id,
            "wrapped": vault.rewrap(about(row.visit, row.guest), row.key_id, bytes(row.wrapped)),
        }
        for row in rows
    ]
    store.change_guests(work, moved)
    own = work.connection.execute(select(KEYS).where(KEYS.c.key_id != vault.key_id)).all()
    for row in own:
        wrapped = vault.rewrap(row.name, row.key_id, bytes(row.wrapped))
        work.connection.execute(
            update(KEYS).where(KEYS.c.name == row.name).values(key_id=vault.key_id, wrapped=wrapped)
        )
    return len(moved) + len(own)
