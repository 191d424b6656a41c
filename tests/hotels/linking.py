"""The link to a hotel of ours, as our adapter is configured: address, codes, files with secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    OHIP_KING,
    OHIP_RATE,
    OHIP_TWIN,
    PROOF,
    SYSTEM,
    WEBHOOK,
)

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
OHIP_CODES = {
    "room_types": {"king": OHIP_KING, "twin": OHIP_TWIN},
    "rates": {"agreed": OHIP_RATE},
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
DIALECTS: dict[str, dict[str, Any]] = {
    "haip": {"their_hotel": HAIP_HOTEL, "codes": HAIP_CODES},
    "ohip": {"their_hotel": OHIP_HOTEL, "codes": OHIP_CODES, "options": OPTIONS},
    "apaleo": {
        "their_hotel": APALEO_HOTEL,
        "codes": APALEO_CODES,
        "options": {"booker": "Redcrown", "identity": "{url}/connect/token"},
    },
    "cloudbeds": {
        "their_hotel": CLOUDBEDS_HOTEL,
        "codes": CLOUDBEDS_CODES,
        "options": CLOUDBEDS_OPTIONS,
    },
}
SECRETS = {
    "haip": {"key": KEY, "webhook": WEBHOOK},
    "ohip": {"app-key": APP_KEY, "client": CLIENT, "secret": PROOF},
    "apaleo": {"client": CLIENT, "secret": PROOF},
    "cloudbeds": {"key": CLOUDBEDS_KEY},
}


def link_to(dialect: str, url: str, folder: Path, hotel: str = "", gateway: str = "") -> HotelLink:
    """A link; the files with its secrets are written into `folder`."""
    files = {name: folder / name for name in SECRETS[dialect]}
    for name, text in SECRETS[dialect].items():
        files[name].write_text(text)
    options = DIALECTS[dialect].get("options", {})
    return HotelLink.model_validate(
        {
            **DIALECTS[dialect],
            "options": {name: text.format(url=url) for name, text in options.items()},
            "hotel": hotel or f"grand-{dialect}",
            "system": dialect,
            "gateway": gateway or dialect,
            "url": url,
            "zone": "Asia/Shanghai",
            "secrets": files,
        }
    )
