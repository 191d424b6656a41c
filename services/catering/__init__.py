"""CATERING: meals at the designated kitchens.

Owns      kitchens with their sittings and covers, dishes, menus, guarantee deadlines.
Accepts   PlaceHolds, ConfirmHolds, ReleaseHolds, AnswerConsent; ReadInventory,
          PreviewChange, ChangeUnit.
Announces HoldsChanged, CommandAnswered.
Promises  never more covers at a sitting than the kitchen can serve; after the guarantee deadline an
          increase waits for the kitchen's consent, and a decrease still bills.
"""
