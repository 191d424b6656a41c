"""The tables of a resource service: holds, claims, cells, units, changes of units.

Must not: be written by anything but `ledger`, `seed` and `changing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, Table, Text
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from shared.chassis.store import BigInt, UtcDateTime, table
from shared.chassis.tables import core
from shared.holds.statements import Statements


class HoldRow(SQLModel):
    """A hold with its whole history in one row: it moves forward only."""

    hold: str = Field(primary_key=True, max_length=200)
    visit: str = Field(max_length=63, index=True)
    need: str | None = Field(default=None, max_length=130)
    kind: str | None = Field(default=None, max_length=64)
    state: str = Field(max_length=16)
    revision: int
    cause: str = Field(max_length=200)
    actor: str = Field(max_length=200)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When time will move it: its expiry, or the moment until which a consent is awaited."""
    body: str = Field(sa_type=Text)
    """What was asked and answered, as `ledger.Body`."""
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ClaimRow(SQLModel):
    """A hold takes `quantity` of `unit` in the slots `start <= slot < stop`."""

    hold: str = Field(primary_key=True, max_length=200)
    unit: str = Field(primary_key=True, max_length=150, index=True)
    start: int = Field(primary_key=True, sa_type=BigInt)
    stop: int = Field(sa_type=BigInt)
    quantity: int


class CellRow(SQLModel):
    """How much of a unit is taken in a slot. The database itself refuses to oversell.

    No row means that nothing was ever taken.
    """

    unit: str = Field(primary_key=True, max_length=150)
    slot: int = Field(primary_key=True, sa_type=BigInt)
    taken: int
    capacity: int

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (CheckConstraint("0 <= taken AND taken <= capacity", name="never_oversold"),)


class UnitRow(SQLModel):
    """An inventory document, as written in the seed file or as changed since (`ChangeRow`)."""

    kind: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=63)
    document: dict[str, Any] = Field(sa_type=JSON)
    revision: int = Field(index=True)


class ChangeRow(SQLModel):
    """A change of a unit that somebody has made while the system ran."""

    command: str = Field(primary_key=True, max_length=200)
    kind: str = Field(max_length=64)
    unit: str = Field(max_length=63)
    revision: int
    """The unit's since then."""
    cause: str = Field(max_length=200)
    actor: str = Field(max_length=200)
    made_at: datetime = Field(sa_type=UtcDateTime)
    change: dict[str, Any] = Field(sa_type=JSON)
    before: dict[str, Any] = Field(sa_type=JSON)
    """The document as it was."""
    withdrawn: int
    """Holds that had to go so far."""
    look_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When holds that no longer fit are looked for again; None when that is over."""

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (Index(None, "unit", "revision"),)


@dataclass(frozen=True, slots=True)
class HoldTables:
    """The kernel's tables of one service, as Core tables."""

    holds: Table
    claims: Table
    cells: Table
    units: Table
    changes: Table
    statements: Statements


@cache
def hold_tables(service: str) -> HoldTables:
    """`<service>_holds`, `<service>_claims`, `<service>_cells`, `<service>_units`,
    `<service>_changes`."""
    holds = core(table(HoldRow, service, "holds"))
    claims = core(table(ClaimRow, service, "claims"))
    cells = core(table(CellRow, service, "cells"))
    units = core(table(UnitRow, service, "units"))
    changes = core(table(ChangeRow, service, "changes"))
    statements = Statements(holds, claims, cells, units, changes)
    return HoldTables(holds, claims, cells, units, changes, statements)
