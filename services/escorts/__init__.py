"""Escorts: the people who accompany a party, and the vehicles and drivers that carry it.

Owns: people (by opaque id and post), vehicles, and every hold on either.
Accepts: PlaceHolds, ConfirmHolds, ReleaseHolds for needs of kind `escort` and `vehicle`;
ReadInventory.
Announces: HoldsChanged, the whole state of each hold that changed.
Promises: no person or vehicle in two places at once, travel buffers included; nobody on duty longer
than allowed on a day, outside duty hours, or without rest between two duty days; a refusal says why
and what would fit.
Must not: know a person's name, or book what another service owns.
"""
