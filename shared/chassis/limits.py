"""Every number that bounds a queue, a retry or a wait, once.

Must not: be repeated anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

PULLED = 128
"""Messages of one consumer that a process has asked for: on their way, waiting or in work."""
GROUP = 256
"""Most messages in one transaction."""
MAX_ACK_PENDING = 1_000
"""Unacknowledged messages per consumer, over all replicas."""
ACK_WAIT_S = 5.0
"""After this long a silent replica's messages go to another one."""
PULL_S, PULL_ALONE_S, PULL_ONLY_S = 5.0, 15.0, 60.0
"""How long a pull request stands, at most: a dying server of a cluster takes it along, and nobody
says so; a single server dies with the connection; and on SQLite, where a service is one process,
it cannot keep from another one what a process that is stopped has asked for."""
PULL_GRACE_S = 1.0
"""After this much longer a pull request counts as lost."""
LEISURE_S = 0.1
"""How long messages that nobody waits for wait for more of their kind, to share a transaction."""
PULL_REFUSED_S = 0.25
"""Rest after the bus refused to deliver, because a consumer or its leader is missing."""

MAX_ATTEMPTS = 8
"""Handler failures before a message is parked. Infrastructure failures do not count."""
BACKOFF_S = (0.2, 1.0, 3.0, 10.0, 30.0, 60.0)
"""Delay before the next attempt, by attempts so far; the last one repeats. Jittered by a fifth."""
WAIT_S = 1.5
"""Delay before the next attempt when the store or the machine was to blame. Short, so that what
waited goes on as soon as it is back."""
EARLY_S = 10.0
"""The same while a restored store is brought up to date, which takes minutes."""
FAILURES = 10_000
"""Failing messages whose failures a process counts."""

PUBLISH_TIMEOUT_S = 5.0
PUBLISHING = 256
"""Outbox rows whose acknowledgements are awaited together."""
SWEEP_S = 2.0
"""How often the relay looks for rows that a crash or a dead bus left unpublished."""
SWEEP_ROWS = 1_000
SWEEP_AGE_S = 3.0
"""Rows younger than this are left to the relay's own memory."""
MARK_S = 0.25
"""How long published rows may wait to be marked, so that marks share transactions."""

BUS_WATCH_S, BUS_REST_S, BUS_MUTE_S = 5.0, 15.0, 15.0
"""How often streams and consumers are checked for having vanished or gone backwards; how often
while nothing was sent or handled and nothing waits; and after how long without any answer another
server of a cluster is turned to: longer than servers need for new leaders, 4 to 9 s."""
BUS_DOUBT_S = 10.0
"""After a break, what was stored in the last seconds before it is sent again. Longer than the bus
keeps a message off its disk (`sync_interval` in `deploy/nats`)."""
BUS_CALM_S = 60.0
"""This long after a start, a break or a loss the outbox is searched at every look for what the bus
has lost, and the takers are asked how far they are; then only as often as this, or when something
was sent since."""
CONSUMERS = 1_024
"""Consumers of one stream whose progress is looked at; with more of them nothing is concluded."""
STREAM_CROWDED = 0.9
"""A stream this full may drop what nobody has handled: nothing is concluded from its consumers."""
COMPLAINTS_TOLD = 100
"""Different complaints of the bus that are told, until the connection is a new one."""
UNREACHABLE_TOLD_AT = 20
"""Failed attempts to connect, about five seconds of them, before it is told."""
STREAM_MAX_AGE_S = 24 * 3600.0
STREAM_MAX_BYTES = 2 * 1024**3
PARKED_MAX_AGE_S = 30 * 24 * 3600.0
"""Of announcements on the bus; and how long resolved messages are kept and may be restored."""
PARKED_ROWS = 20_000
"""Messages of one service that wait for a person. Beyond that a failing message is not parked but
stays on the bus, and comes again every minute. As many resolved ones are kept."""
PARKED_ACT_ROWS = 5_000
"""Messages that one act reaches: the oldest of a larger group."""
PARKED_ACTS_KEEP_S = 366 * 24 * 3600.0
"""How long it can be read who did what with parked messages, and why."""
PARKED_COUNT_S = 15.0
"""How often parked messages are counted for the metrics."""
REPLAYS_AT_ONCE = 20
REPLAY_SLICE = 100
"""Messages of a replay that a replica takes on together."""
REPLAY_TURN_S = 3.0
"""After this long a replica claims its replay again, or turns to another one."""
REPLAY_WAIT_S = 0.5
"""How long a replay whose next message is not due keeps others from their turn."""
REPLAY_LEASE_S = 15.0
"""After this long a silent replica's replay goes to another one."""
REPLAY_LOOK_S = 5.0
"""How often a replica looks for replays that another one began."""
OUTBOX_KEEP_S = 24 * 3600.0
"""Published rows are kept as long as the stream keeps them, so that a lost bus can be fed again."""
INBOX_KEEP_S = 8 * 24 * 3600.0
"""Longer than any stream keeps a message, or an old redelivery would run again."""
RECOVERY_S = 300.0
"""After a restoration: how long others may take to send again what the store has forgotten."""
HOUSEKEEPING_S, HOUSEKEEPING_ROWS = 300.0, 5_000

STORE_CONNECT_S = 2
STORE_STATEMENT_S = 5
STORE_BUSY_S = 5.0
STORE_RETRY_S = 1.0
READERS = 4
"""Threads that serve reads."""

QUESTIONS = 64
"""Questions of one kind that wait in a process. More are dropped: whoever asked is told "not now",
while behind a longer queue everybody would have given up before the answer."""

COLLECT_AFTER = (20_000, 20, 50)
"""New objects before Python looks for garbage cycles, and how often it looks at older ones."""

BEAT_S = 2.0
"""How often a process says that it lives."""
STORE_LOOK_S = 5.0
"""How often it counts what waits in its store, and looks for pauses that another replica began."""
STORE_SIZE_S = 60.0
"""How often a database server is asked for the size of a store; it has to add up files."""
OUTBOX_COUNTED = 10_000
COMMITS_KEPT, COMMITS_KEPT_S = 512, 60.0
"""Transactions whose times are remembered, and for how long."""
INTAKE_ACTS = 500
"""Acts on the intake that are read for what holds now: many more than people do in half a day."""
PAUSE_SLACK_S = 60.0
"""How far the clock of whoever sets a pause may be off ours."""

REQUESTS_GRACE_S = 2
"""What open requests get of a stopping process."""
STOP_GRACE_S = 4.0
"""After this long more it ends the hard way: a dead bus must not hold it."""
QUERY_TIMEOUT_S = 2.0
REQUESTS = 256
"""Requests that one console answers at once; beyond it answers 503. Streams are counted apart."""
BUSY_AGAIN_S = 1
CONNECTIONS, FILES_KEPT = 4_000, 200
"""Open connections to one process, and files it keeps for itself; beyond it answers 503."""
CONNECTIONS_A_TURN, CONNECTIONS_AGAIN_S, CONNECTIONS_REST_S = 64, 5, 1.0
OPEN_COMMANDS = 2_000
"""Commands of planners without an answer, over all consoles; beyond it answers 503."""
OPEN_AGAIN_S = 5
OPEN_COUNT_S = 0.5
"""How often they are counted; what one console began meanwhile it counts itself."""
OPEN_FOR_S = 3600.0
"""A command without an answer for longer is stuck, and no sign of load any more."""
VISITS_UNDER_WAY = 200
"""Visits that come together at once, those counted that are still to begin; beyond it a console
answers 503 to whoever brings more. Several times what two cores need to be busy (`make bench`:
nothing is gained from 32 on), and few enough to be ready before their owners are asked again."""
UNDER_WAY_AGAIN_S = 2
UNDER_WAY_FOR_S = 60.0
"""A visit that has not gone on for longer is stuck, and no sign of load any more."""
MAX_PAYLOAD = 900 * 1024
"""Bytes; below the bus's own limit of 1 MiB."""


@dataclass(frozen=True, slots=True)
class BusTiming:
    """How fast a lost bus is noticed and found again, in seconds."""

    ping_interval: int = 5
    max_outstanding_pings: int = 2
    reconnect_wait: float = 0.25
    connect_timeout: int = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `most` within each `window_s` seconds."""

    most: int
    window_s: float


READ_PACE = Pace(30_000, 60.0)
"""Reads of one principal at the console."""
WRITE_PACE = Pace(6_000, 60.0)
STRANGER_PACE = Pace(300, 60.0)
"""Requests of one address that no login covers."""
LOGIN_PACE = Pace(20, 300.0)
"""Failed logins of one address, and on one name."""
RATE_KEYS = 20_000
"""Callers whose counts are remembered; beyond that the one not seen for longest is forgotten."""
HASHES, HASHES_WAITING = 2, 16
"""Passwords checked at a time, and those that wait for it."""
SESSION_S = 12 * 3600.0
SESSION_IDLE_S = 1800.0
SEEN_S = 60.0
"""How exactly the last use of a token or session is known."""
TOKEN_DAYS = 366
"""A token that names no end of its own ends after this long."""
STREAM_S = 600.0
"""A stream of changes ends after this long; its reader comes back, and is asked who it is."""
FRAGMENT_TICK_S = 0.5
"""What lives on a page is rendered at most once in this time."""
FRAGMENT_AGAIN_S = 1.0
"""Rest before a topic is rendered again whose service did not answer."""
FRAGMENT_RENDERS = 8
"""Topics rendered at a time."""
FRAGMENT_STREAMS = 1_000
"""Open streams of fragments of one console, one per browser."""
FRAGMENT_STREAMS_OF_SESSION = 8
"""Of one login: a browser has one, and for a moment two."""
FRAGMENT_TOPICS = 24
"""Topics on one stream."""
FRAGMENT_BEAT_S = 10
"""A stream says at least this often that it lives; a browser that hears nothing for thrice as long
opens a new one (`static/source.js`)."""
AUDIT_ROWS, VERIFY_ROWS = 500, 10_000
"""Rows of the audit read, and checked, at a time."""
PROVIDER_S = 5.0
"""How long an OpenID Connect provider may take for one answer."""
PROVIDER_LEEWAY_S = 60
"""How far its clock may be off ours."""
PROVIDER_KEYS_S = 60.0
"""How often its keys are asked for anew when a signature fits none that we know."""
PROVIDER_ROLES = 200
"""Entries of one claim that are read."""
ERRAND_S = 600
"""How long a browser may stay at the provider."""

HOTEL_RATE = Pace(50, 1.0)
"""Calls to one gateway of hotel systems, over all hotels behind it; OHIP allows no more."""
HOTEL_WAIT_S = 20.0
"""Longest wait of one call for its turn; behind a longer queue it is told "not now"."""
HOTEL_TRIES = 3
"""Calls of one operation that a hotel put off (429), the first one included."""
HOTEL_CONNECT_S, HOTEL_READ_S = 3.0, 15.0
HOTEL_ANSWER_BYTES = 4 * 1024**2
"""A longer answer is no answer."""
HOTEL_FAILURES = 5
"""Failures of one hotel in a row after which its line is opened: no call is made."""
HOTEL_REST_S = 30.0
"""After this long a single call may try whether it is back."""
HOTEL_SETTLE_S = 60.0
"""A write without an answer may still arrive for so long: what a read does not find is not yet
"never happened"."""
HOTEL_PAGES, HOTEL_PAGE = 100, 100
"""Pages of one list that are read, and rows on a page."""
HOTEL_ROWS = 500
"""Rows of one rooming list."""
HOTEL_POLLS, HOTEL_POLL_S = 40, 0.5
"""Looks at a task that a hotel works on after 202, and the time between them."""
HOTEL_AUTH_SLACK_S = 60.0
"""A token is renewed so long before its end."""
HOTEL_SAID = 300
"""Characters of a hotel's own words that an error keeps."""
