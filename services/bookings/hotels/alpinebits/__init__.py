"""AlpineBits HotelData 2024-10, as the server that hotels' systems call.

Owns: what the messages say, read and written and checked against the schema of the standard both
ways; the pure moves that follow (`freerooms`, `shelf`); and a thin door over HTTP (`door`).
Accepts: OTA_Ping:Handshaking, OTA_HotelInvCountNotif:FreeRooms, OTA_Read:GuestRequests,
OTA_NotifReport:GuestRequests, OTA_HotelResNotif:GuestRequests_StatusUpdate.
Promises: the same message twice changes nothing more; an order is handed out until the hotel's
system acknowledges it; no message that the schema refuses is acted on or sent.
Must not: store anything (the desk does, `port`), or write guest data anywhere but into the answer.
"""
