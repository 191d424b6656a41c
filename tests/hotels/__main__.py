"""A hotel of ours as a process: `python -m tests.hotels haip|ohip|apaleo|cloudbeds PORT`."""

from __future__ import annotations

import sys

import uvicorn

from tests.hotels import apaleo_desk, cloudbeds_desk, haip_desk, ohip_desk
from tests.hotels.apaleo_desk import ApaleoDesk
from tests.hotels.cloudbeds_desk import CloudbedsDesk
from tests.hotels.haip_desk import HaipDesk
from tests.hotels.house import House
from tests.hotels.names import (
    APALEO_HOTEL,
    APALEO_PLANS,
    APP_KEY,
    CLIENT,
    CLOUDBEDS_HOTEL,
    CLOUDBEDS_KEY,
    CLOUDBEDS_OPTIONS,
    CLOUDBEDS_PLAN,
    CLOUDBEDS_RATES,
    HAIP_HOTEL,
    HAIP_KING,
    HAIP_RATE,
    HAIP_TWIN,
    KEY,
    OHIP_HOTEL,
    PROOF,
    SYSTEM,
    WEBHOOK,
)
from tests.hotels.ohip_desk import OhipDesk


def main() -> None:
    dialect, port = sys.argv[1], int(sys.argv[2])
    if dialect == "haip":
        house = House({HAIP_KING: 10, HAIP_TWIN: 10}, [HAIP_RATE], haip_desk.QUIRKS)
        app = HaipDesk(house, HAIP_HOTEL, KEY, WEBHOOK).app()
    elif dialect == "ohip":
        house = House({"KNG": 10, "TWN": 10}, ["EXPO"], ohip_desk.QUIRKS)
        app = OhipDesk(house, OHIP_HOTEL, APP_KEY, f"{CLIENT}:{PROOF}", SYSTEM).app()
    elif dialect == "apaleo":
        rooms = dict.fromkeys(APALEO_PLANS.values(), 10)
        house = House(rooms, list(APALEO_PLANS), apaleo_desk.QUIRKS)
        app = ApaleoDesk(house, APALEO_HOTEL, APALEO_PLANS, f"{CLIENT}:{PROOF}").app()
    elif dialect == "cloudbeds":
        rooms = dict.fromkeys(CLOUDBEDS_RATES, 10)
        house = House(rooms, [CLOUDBEDS_PLAN], cloudbeds_desk.QUIRKS)
        group = CLOUDBEDS_OPTIONS["group"]
        app = CloudbedsDesk(house, CLOUDBEDS_HOTEL, CLOUDBEDS_KEY, group, CLOUDBEDS_RATES).app()
    else:
        raise SystemExit(f"no dialect {dialect}")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main()
