"""Hotels of ours as processes, and the link to each as our adapter is configured."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from services.bookings.hotels.links import HotelLink
from tests.hotels.names import (
    APALEO_HOTEL,
    APP_KEY,
    CLIENT,
    CLOUDBEDS_HOTEL,
    CLOUDBEDS_KEY,
    CLOUDBEDS_KING,
    CLOUDBEDS_OPTIONS,
    CLOUDBEDS_PLAN,
    CLOUDBEDS_TWIN,
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
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
HAIP_CODES = {
    "room_types": {"king": HAIP_KING, "twin": HAIP_TWIN},
    "rates": {"agreed": HAIP_RATE},
    "block_states": {
        "tentative": "tentative",
        "definite": "definite",
        "released": "released",
        "cancelled": "cancelled",
    },
    "stay_states": {
        "pending": "pending_verification",
        "confirmed": "confirmed",
        "assigned": "confirmed",
        "checked_in": "in_house",
        "stayover": "in_house",
        "due_out": "in_house",
        "checked_out": "departed",
        "no_show": "no_show",
        "cancelled": "cancelled_by_hotel",
    },
}


class HotelProcess:
    """One hotel on a free port of loopback."""

    def __init__(self, dialect: str, folder: Path) -> None:
        self.dialect, self.folder = dialect, folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.door = httpx.Client(base_url=self.url, verify=False, timeout=30)

    def start(self) -> HotelProcess:
        command = [sys.executable, "-m", "tests.hotels", self.dialect, str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                self.act("faults")
            except httpx.TransportError:
                assert self.process.poll() is None, "the hotel did not start"
                time.sleep(0.05)
            else:
                return self
        raise AssertionError("the hotel did not start")

    def stop(self) -> None:
        self.door.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def act(self, name: str, **body: Any) -> Any:
        """Through the door for tests."""
        answer = self.door.post(f"/_control/{name}", json=body)
        answer.raise_for_status()
        return answer.json()

    def faults(self, **counts: int) -> None:
        self.act("faults", **counts)

    def stays(self, reference: str) -> list[dict]:
        """What the hotel truly has under a reference of ours, cancelled ones left out."""
        return [
            one
            for one in self.act("count")["stays"]
            if one["reference"] == reference and one["status"].lower() != "cancelled"
        ]

    def link(self) -> HotelLink:
        return LINKS[self.dialect](self)


def secret(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def _haip(hotel: HotelProcess) -> HotelLink:
    files = {"key": KEY, "webhook": WEBHOOK}
    return HotelLink.model_validate(
        {
            "hotel": "grand-haip",
            "system": "haip",
            "gateway": "haip",
            "url": hotel.url,
            "their_hotel": HAIP_HOTEL,
            "zone": "Asia/Shanghai",
            "secrets": {name: secret(hotel.folder, name, text) for name, text in files.items()},
            "codes": HAIP_CODES,
        }
    )


OHIP_CODES = {
    "room_types": {"king": "KNG", "twin": "TWN"},
    "rates": {"agreed": "EXPO"},
    "block_states": {
        "TEN": "tentative",
        "DEF": "definite",
        "REL": "released",
        "CXL": "cancelled",
    },
    "stay_states": {
        "Requested": "requested",
        "Waitlisted": "pending_verification",
        "Reserved": "confirmed",
        "DueIn": "confirmed",
        "InHouse": "in_house",
        "Walkin": "in_house",
        "DueOut": "in_house",
        "PendingCheckout": "in_house",
        "CheckedOut": "departed",
        "NoShow": "no_show",
        "Cancelled": "cancelled_by_hotel",
    },
}
OPTIONS = {
    "external-system": SYSTEM,
    "reservation-type": "GRPGTD",
    "market": "LEISURE",
    "source": "WEB",
    "owner": "ALL",
    "guarantee": "6PM",
    "payment": "CA",
    "cancel-code": "CXL",
}


def _ohip(hotel: HotelProcess) -> HotelLink:
    files = {"app-key": APP_KEY, "client": CLIENT, "secret": PROOF}
    return HotelLink.model_validate(
        {
            "hotel": "grand-ohip",
            "system": "ohip",
            "gateway": "ohip",
            "url": hotel.url,
            "their_hotel": OHIP_HOTEL,
            "zone": "Asia/Shanghai",
            "secrets": {name: secret(hotel.folder, name, text) for name, text in files.items()},
            "options": OPTIONS,
            "codes": OHIP_CODES,
        }
    )


def _apaleo(hotel: HotelProcess) -> HotelLink:
    files = {"client": CLIENT, "secret": PROOF}
    return HotelLink.model_validate(
        {
            "hotel": "grand-apaleo",
            "system": "apaleo",
            "gateway": "apaleo",
            "url": hotel.url,
            "their_hotel": APALEO_HOTEL,
            "zone": "Asia/Shanghai",
            "secrets": {name: secret(hotel.folder, name, text) for name, text in files.items()},
            "options": {"booker": "Redcrown", "identity": f"{hotel.url}/connect/token"},
            "codes": APALEO_CODES,
        }
    )


APALEO_CODES = {
    "room_types": {"king": "EXPO-KNG", "twin": "EXPO-TWN"},
    "rates": {"agreed": {"king": "EXPO-FAIR-KNG", "twin": "EXPO-FAIR-TWN"}},
    "block_states": {
        "Tentative": "tentative",
        "Definite": "definite",
        "Canceled": "cancelled",
    },
    "stay_states": {
        "Confirmed": "confirmed",
        "InHouse": "in_house",
        "CheckedOut": "departed",
        "NoShow": "no_show",
        "Canceled": "cancelled_by_hotel",
    },
}


CLOUDBEDS_CODES = {
    "room_types": {"king": CLOUDBEDS_KING, "twin": CLOUDBEDS_TWIN},
    "rates": {"agreed": CLOUDBEDS_PLAN},
    "block_states": {
        "lead": "requested",
        "tentative": "tentative",
        "definite": "definite",
        "cancelled": "cancelled",
    },
    "stay_states": {
        "not_confirmed": "pending_verification",
        "confirmed": "confirmed",
        "checked_in": "in_house",
        "checked_out": "departed",
        "no_show": "no_show",
        "canceled": "cancelled_by_hotel",
    },
}


def _cloudbeds(hotel: HotelProcess) -> HotelLink:
    return HotelLink.model_validate(
        {
            "hotel": "grand-cloudbeds",
            "system": "cloudbeds",
            "gateway": "cloudbeds",
            "url": hotel.url,
            "their_hotel": CLOUDBEDS_HOTEL,
            "zone": "Asia/Shanghai",
            "secrets": {"key": secret(hotel.folder, "key", CLOUDBEDS_KEY)},
            "options": CLOUDBEDS_OPTIONS,
            "codes": CLOUDBEDS_CODES,
        }
    )


LINKS = {"haip": _haip, "ohip": _ohip, "apaleo": _apaleo, "cloudbeds": _cloudbeds}
