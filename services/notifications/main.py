"""The whole wiring of the notifications service."""

from __future__ import annotations

from email.utils import parseaddr

from services.notifications import migrations, queries
from services.notifications.channels.apprise import ByApprise
from services.notifications.channels.folder import Folder
from services.notifications.channels.port import Channel
from services.notifications.channels.webhook import Webhook
from services.notifications.claims import Pace
from services.notifications.courier import Courier
from services.notifications.diary import NEXT_DUE
from services.notifications.duty import Duty
from services.notifications.handlers import Desk
from services.notifications.hotels import Hotels
from services.notifications.settings import NotificationsSettings
from shared.chassis.clock import Clock
from shared.chassis.gathering import AT_LEISURE
from shared.chassis.probes import run
from shared.chassis.quiet import soonest
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.alarms import AlarmCleared, AlarmRang
from shared.contracts.hotel_desk import HotelAsked
from shared.contracts.notices import ListNotices, NoticePage
from shared.contracts.visits import ArrangementChanged, ConsentAsked

REMIND_S = 5.0


def channels_of(settings: NotificationsSettings, clock: Clock) -> dict[str, Channel]:
    """The channels of this machine. Raises ValueError for a setting that is not right."""
    mail: Channel = Folder(settings.letters)
    if settings.smtp_url is not None:
        # Here: without a mail server nothing needs its client.
        from services.notifications.channels.smtp import Relay, Smtp

        url = settings.smtp_url.get_secret_value()
        mail = Smtp(Relay.of(url, settings.smtp_password(), settings.smtp_ca_file))
    return {
        "email": mail,
        "webhook": Webhook(settings.webhook_key(), clock, settings.webhook_ca_file),
        "apprise": ByApprise(),
    }


def build(settings: Settings, clock: Clock | None = None, pace: Pace | None = None) -> Service:
    """Build the service; nothing runs yet. Raises ValueError for a setting that is not right."""
    own = _own(settings)
    service = Service("notifications", own, clock, layers=(migrations,))
    desk, duty = Desk(own.notice_grace_s, own.site_zone), Duty(own.site_zone)
    channels = channels_of(own, service.clock)
    courier = Courier(
        lambda: service.writer, channels, service.clock, own.mail_from, pace, service.quiet()
    )
    broker = service.broker

    @broker.subscriber(**service.takes(ArrangementChanged, gather=AT_LEISURE))
    async def arrange(some: list[ArrangementChanged]) -> None:
        """The firm arrangement of a visit has changed."""
        await service.handle(desk.arrange, some)
        courier.wake()

    @broker.subscriber(**service.takes(ConsentAsked, gather=AT_LEISURE))
    async def consent(some: list[ConsentAsked]) -> None:
        """A unit's contact is asked for consent, or no longer asked."""
        await service.handle(desk.consent, some)
        courier.wake()

    _hear_alarms(service, duty, courier)
    _hear_orders(service, courier)

    @broker.subscriber(**service.answers(ListNotices))
    async def list_notices(query: ListNotices) -> NoticePage:
        """A page of notices."""
        return await service.read(lambda session: queries.list_notices(session, query))

    async def seed() -> None:
        folder = own.seed_dir
        if folder is not None:
            await service.writer.run(lambda work: desk.seed(work, folder))

    service.on_start(seed)
    service.every(REMIND_S, desk.remind, soonest(NEXT_DUE))
    service.background(courier.run)
    return service


def _hear_alarms(service: Service, duty: Duty, courier: Courier) -> None:
    broker = service.broker

    @broker.subscriber(**service.takes(AlarmRang))
    async def call_duty(some: list[AlarmRang]) -> None:
        """An alarm asks for somebody."""
        await service.handle(duty.call, some)
        courier.wake()

    @broker.subscriber(**service.takes(AlarmCleared))
    async def end_call(some: list[AlarmCleared]) -> None:
        """An alarm is over."""
        await service.handle(duty.clear, some)
        courier.wake()


def _hear_orders(service: Service, courier: Courier) -> None:
    hotels = Hotels()

    @service.broker.subscriber(**service.takes(HotelAsked, gather=AT_LEISURE))
    async def write_to_hotel(some: list[HotelAsked]) -> None:
        """A hotel that answers by hand is asked for rooms, or told how its order stands."""
        await service.handle(hotels.write, some)
        courier.wake()


def _own(settings: Settings) -> NotificationsSettings:
    """This service's settings: those given, and from the environment what they do not have."""
    if isinstance(settings, NotificationsSettings):
        own = settings
    else:
        own = NotificationsSettings(**settings.model_dump(exclude_unset=True))
    if "@" not in parseaddr(own.mail_from)[1]:
        raise ValueError("REDCROWN_MAIL_FROM: write Reception desk <desk@example.org>")
    return own


def main() -> None:
    """Run until told to stop."""
    run(build(NotificationsSettings()))
