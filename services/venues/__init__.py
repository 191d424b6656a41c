"""Venues: halls, sites and the routes between places, each place with its dossier.

Owns: places, halls (divisible ones too), sites, routes, and every hold on a hall or a site.
Accepts: PlaceHolds, ConfirmHolds, ReleaseHolds for needs of kind `hall` and `site`; ReadInventory,
PreviewChange, ChangeUnit.
Announces: HoldsChanged, the whole state of each hold that changed.
Promises: no two parties in one hall at once, set-up and teardown included, nor in a whole and its
part; never more visitors at a site than it takes; a refusal says why and what would fit.
Must not: know a visit's programme, or book what another service owns.
"""
