"""Bookings: rooms in designated hotels, by the night, with the room blocks of events.

Owns: hotels with their room types, blocks, a gazetteer for distances, and every hold on rooms.
Accepts: PlaceHolds, ConfirmHolds, ReleaseHolds for needs of kind `room`; ReadInventory,
PreviewChange, ChangeUnit.
Announces: HoldsChanged, the whole state of each hold that changed; HotelAsked, a letter.
Answers: ReadHotelPage, AnswerHotelPage, ReadHotelSheet, PreviewHotelSheet, to who holds a link.
Asks: hotels with a link, over HTTP (`orders`, `hotels`) or by letter (`by_hand`).
Promises: never more rooms than a hotel has that night, nor more than a block or the house limit
allows; a pair is never parted; who stands stays; a refusal says why and what would fit.
Must not: know a visit's programme or a guest's name, or book what another service owns.
"""
