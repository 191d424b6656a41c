"""Guests for tests: rows of a roster and master keys."""

from __future__ import annotations

from typing import Any

from services.guests.vault import MasterKey, Vault, new_master_key


def row(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A row of a roster."""
    return {
        "family_name": f"Family{number}",
        "given_name": f"Given{number}",
        "sex": "female",
        "nationality": "CHN",
        "document_kind": "passport",
        "document_number": f"E{number:08d}",
        "phone": f"+86139{number:08d}",
        "category": "official",
        **fields,
    }


def vault() -> Vault:
    return Vault(master())


def master() -> MasterKey:
    return MasterKey.read(new_master_key(), "test")
