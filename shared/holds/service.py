"""A resource service, assembled from its rules: this is all of its wiring.

Must not: decide anything.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from shared.chassis.clock import Clock
from shared.chassis.quiet import soonest
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.changes import (
    ChangePreview,
    ChangesPage,
    ChangeUnit,
    ListChanges,
    PreviewChange,
)
from shared.contracts.holds import (
    AnswerConsent,
    ConfirmHolds,
    HoldsChanged,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.inventory import InventoryPage, ReadInventory
from shared.holds import migrations
from shared.holds.changing import Changes
from shared.holds.kernel import Kernel
from shared.holds.port import Rules
from shared.holds.stock import Stock
from shared.holds.tables import HoldTables, hold_tables

EXPIRE_S = 2.0
"""Between two looks for holds that time has ended: whoever asks of one is told exactly."""
SETTLE_S = 2.0
"""Between two looks for holds that a change of a unit leaves no room for."""


def resource_service(
    name: str,
    rules: Rules[Any],
    settings: Settings,
    clock: Clock | None = None,
    kernel: Kernel | None = None,
    layers: tuple[ModuleType, ...] = (),
) -> Service:
    """Build the service; nothing runs yet. A service with tables of its own brings `layers`, and
    one that has to know of each change of a hold a `kernel` that tells."""
    service = Service(name, settings, clock, layers=(migrations, *layers))
    tables = hold_tables(name)
    kernel = kernel or Kernel(name, rules, tables)
    stock = Stock(name, rules, tables)
    _take_commands(service, kernel)
    _take_changes(service, Changes(name, rules, tables, stock, kernel.hear), tables)
    service.sends(HoldsChanged)

    @service.broker.subscriber(**service.answers(ReadInventory))
    async def read_inventory(query: ReadInventory) -> InventoryPage:
        """Units with their load in a window."""
        return await service.read(lambda session: stock.page(session, query))

    async def seed() -> None:
        if settings.seed_dir is not None:
            folder = settings.seed_dir
            await service.writer.run(lambda work: stock.seed(work, folder))

    service.on_start(seed)
    service.every(EXPIRE_S, kernel.expire, soonest(tables.statements.next_due))
    return service


def _take_commands(service: Service, kernel: Kernel) -> None:
    broker = service.broker

    @broker.subscriber(**service.takes(PlaceHolds))
    async def place_holds(some: list[PlaceHolds]) -> None:
        """Hold capacity for needs of one visit."""
        await service.handle(kernel.place, some)

    @broker.subscriber(**service.takes(ConfirmHolds))
    async def confirm_holds(some: list[ConfirmHolds]) -> None:
        """Make held holds firm."""
        await service.handle(kernel.confirm, some)

    @broker.subscriber(**service.takes(ReleaseHolds))
    async def release_holds(some: list[ReleaseHolds]) -> None:
        """Let holds go."""
        await service.handle(kernel.release, some)

    @broker.subscriber(**service.takes(AnswerConsent))
    async def answer_consent(some: list[AnswerConsent]) -> None:
        """A person says yes or no to a pending hold."""
        await service.handle(kernel.answer_consent, some)


def _take_changes(service: Service, changes: Changes, tables: HoldTables) -> None:
    broker = service.broker

    @broker.subscriber(**service.answers(PreviewChange))
    async def preview_change(query: PreviewChange) -> ChangePreview:
        """What a change of a unit would hit."""
        now = service.clock.now()
        return await service.read(lambda session: changes.preview(session, query, now))

    @broker.subscriber(**service.answers(ListChanges))
    async def list_changes(query: ListChanges) -> ChangesPage:
        """The changes that were made to a unit."""
        return await service.read(lambda session: changes.page(session, query))

    @broker.subscriber(**service.takes(ChangeUnit))
    async def change_unit(some: list[ChangeUnit]) -> None:
        """Save a change of a unit."""
        await service.handle(changes.save, some)

    service.every(SETTLE_S, changes.settle, soonest(tables.statements.next_unsettled))
