"""A hotel of ours as a process: `python -m tests.hotels haip PORT`, on loopback."""

from __future__ import annotations

import sys

import uvicorn

from tests.hotels.haip_desk import QUIRKS, HaipDesk
from tests.hotels.house import House
from tests.hotels.names import HAIP_HOTEL, HAIP_KING, HAIP_RATE, HAIP_TWIN, KEY, WEBHOOK


def main() -> None:
    dialect, port = sys.argv[1], int(sys.argv[2])
    if dialect == "haip":
        house = House({HAIP_KING: 10, HAIP_TWIN: 10}, [HAIP_RATE], QUIRKS)
        app = HaipDesk(house, HAIP_HOTEL, KEY, WEBHOOK).app()
    else:
        raise SystemExit(f"no dialect {dialect}")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main()
