"""NOTIFICATIONS: who is told what, when, in which language, by which channel.

Owns      contacts and their addresses, what each was last told, notices, reminders.
Accepts   ArrangementChanged and ConsentAsked of visits, HotelAsked of bookings, AlarmRang and
          AlarmCleared of the console; answers ListNotices.
Announces nothing: its effects are letters.
Promises  nothing is told that is not firm; one visible notice per recipient, cause and channel; a
          change says old → new against what was really sent; a superseded unsent notice is
          withheld; a letter leaves at least once, with the same Message-ID each time; addresses
          never reach the bus or a log.

Read `rules.py` first.
"""
