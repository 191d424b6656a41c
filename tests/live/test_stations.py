"""Row scope through the real system: a station lead plans, and sees, what is its own."""

from __future__ import annotations

from pathlib import Path

import yaml

from deploy.client import Client, Refused
from services.console.roles import Role
from tests.support.accounts import make_account
from tests.support.console import token_in
from tests.support.nats import NatsServer
from tests.support.specs import hall, spec
from tests.support.system import System


def document(visit: str, station: str | None) -> str:
    made = spec(visit, hall("expo-forum"), station=station)
    return yaml.safe_dump(made.model_dump(mode="json", exclude_none=True), allow_unicode=True)


def test_stations_do_not_see_each_other(tmp_path: Path, bus: NatsServer) -> None:
    system = System(
        tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db",
        REDCROWN_ACCESS_DIR=str(tmp_path / "access"),
    )  # fmt: skip
    try:
        *_, door = system.start("visits", "venues", "console")
        system.await_ready()
        address = f"http://127.0.0.1:{door.port}"
        planner = Client(address, token_in(tmp_path))
        east = Client(
            address, make_account(tmp_path, "lead-east", Role.STATION_LEAD, stations=("east",))
        )
        east.submit(document("v-east", "east"))
        planner.submit(document("v-west", "west"))
        planner.submit(document("v-none", None))
        east.wait_for("v-east", lambda view: view["phase"] in ("ready", "blocked"))

        def seen(by: Client) -> list[str]:
            return sorted(one["visit"] for one in by.pages("/visits", "visits", limit=1))

        assert seen(east) == ["v-east"]
        assert seen(planner) == ["v-east", "v-none", "v-west"]
        lines = east.pages("/visits/v-east/timeline", "entries")
        assert "lead-east" in {line["actor"] for line in lines}
        for visit in ("v-west", "v-none"):
            try:
                east.visit(visit)
                raise AssertionError(f"{visit} was shown")
            except Refused as error:
                assert error.status == 404
        for client in (planner, east):
            client.close()
    finally:
        system.stop()
