"""Codes and secrets of the hotels of ours. Nothing here opens anything real."""

from __future__ import annotations

HAIP_HOTEL = "a0000001-0000-4000-a000-000000000001"
HAIP_KING = "b0000001-0000-4000-a000-000000000001"
HAIP_TWIN = "b0000001-0000-4000-a000-000000000002"
HAIP_RATE = "d0000001-0000-4000-a000-000000000002"
KEY = "only-for-tests"
WEBHOOK = "only-for-tests-too"

OHIP_HOTEL = "EXPO1"
OHIP_KING = "KNG"
OHIP_TWIN = "TWN"
OHIP_RATE = "EXPO"
APP_KEY = "00000000-0000-4000-8000-000000000001"
CLIENT = "redcrown"
PROOF = "only-for-tests-three"
SYSTEM = "REDCROWN"

APALEO_HOTEL = "EXPO"
APALEO_PLANS = {"EXPO-FAIR-KNG": "EXPO-KNG", "EXPO-FAIR-TWN": "EXPO-TWN"}
"""Rate plans, each of one unit group."""
CLOUDBEDS_HOTEL = "198424"
CLOUDBEDS_KEY = "cbat_only-for-tests"
CLOUDBEDS_KING, CLOUDBEDS_TWIN = "331133", "331134"
CLOUDBEDS_PLAN = "227753"
CLOUDBEDS_RATES = {CLOUDBEDS_KING: "881", CLOUDBEDS_TWIN: "882"}
CLOUDBEDS_OPTIONS = {
    "group": "EXPO27",
    "source": "s-3",
    "payment": "cash",
    "email": "delegations@redcrown.invalid",
    "zip": "200000",
    "country": "CN",
    "room-rate-king": "881",
    "room-rate-twin": "882",
}
