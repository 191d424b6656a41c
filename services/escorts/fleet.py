"""Which vehicles, each with a driver, carry a party.

Owns: the refusals of vehicle needs. A run longer than one driver may drive is refused: split it, so
that the second run gets a rested driver and both are seen in the programme.
Must not: choose people who accompany; `people` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.escorts.causes import cause, limit_text, tally_text
from services.escorts.convoys import MAX_VEHICLES, convoys, most_seats
from services.escorts.crew import Crew
from services.escorts.documents import LONGEST_DUTY_MINUTES, Person, Vehicle
from services.escorts.duty import Duty, Obstacle, is_stay, widened
from services.escorts.inventory import Escorts
from services.escorts.options import (
    Idea,
    Ideas,
    fewer,
    iso,
    listed,
    other_times,
    refuse,
    shorter,
    window_text,
    with_alternatives,
)
from shared.contracts.holds import Refusal
from shared.contracts.needs import VehicleNeed, VehicleType
from shared.contracts.values import Money, Text
from shared.holds.port import QUARTER_S, Allotment, Ask, Claim, quarter_starts
from shared.holds.times import time_problem

TYPES = {
    VehicleType.CAR: ("轿车", "cars"),
    VehicleType.MINIBUS: ("中巴", "minibuses"),
    VehicleType.COACH: ("大巴", "coaches"),
}
QUARTERS_PER_HOUR = 3600 // QUARTER_S


def allocate_vehicles(ask: Ask, escorts: Escorts) -> Allotment | Refusal:
    """Decide one vehicle need. Raises ValidationError on details that are none of its kind's."""
    answer = decide_vehicles(ask, escorts)
    if isinstance(answer, Allotment) or time_problem(ask.request.window):
        return answer
    return with_alternatives(
        answer,
        ask,
        _ideas(answer.code, ask, escorts),
        lambda other: decide_vehicles(other, escorts),
    )


def decide_vehicles(ask: Ask, escorts: Escorts) -> Allotment | Refusal:
    """The decision alone: a refusal has no alternatives yet."""
    need = VehicleNeed.model_validate(ask.request.details)
    seats = need.seats or ask.request.party.guests
    fleet = [v for v in escorts.vehicles.values() if need.type in (None, v.type)]
    problem = time_problem(ask.request.window) or _never(ask, need, seats, fleet)
    if problem is not None:
        return problem
    here = _here(fleet, ask, escorts)
    if most_seats(here) < seats:
        return _no_vehicle(ask, need, seats, fleet, here)
    rides = ask.standing.allotted.get("vehicles", ()) if ask.standing else ()
    crew = Crew(ask, escorts.drivers(), {ride["vehicle"]: ride["driver"] for ride in rides})
    for convoy in convoys(here, seats, crew.standing, lambda v: len(crew.able(v))):
        manned = crew.man(convoy)
        if manned is not None:
            return _allot(ask, seats, manned)
    return _no_driver(ask, crew, next(convoys(here, seats, crew.standing, lambda _: MAX_VEHICLES)))


def _here(fleet: Sequence[Vehicle], ask: Ask, escorts: Escorts) -> list[Vehicle]:
    """Those that are neither taken nor in the workshop: there is one of each at any other time."""
    spans = {one.buffer_minutes: _span(one, ask) for one in fleet}
    return [
        one
        for one in fleet
        if escorts.open(one.id, *spans[one.buffer_minutes])
        and ask.free.idle(one.id, *spans[one.buffer_minutes])
    ]


def _span(vehicle: Vehicle, ask: Ask) -> tuple[int, int]:
    return widened(ask.request.window, vehicle.buffer_minutes)


def _allot(ask: Ask, seats: int, manned: list[tuple[Vehicle, Person, Duty]]) -> Allotment:
    manned.sort(key=lambda ride: (-ride[0].seats, ride[0].id))
    claims, fen, rides = [], 0, []
    for vehicle, driver, duty in manned:
        start, stop = _span(vehicle, ask)
        claims += [Claim(vehicle.id, start, stop, 1), *duty.claims(driver)]
        fen += -(-vehicle.cost_per_hour * (stop - start) // QUARTERS_PER_HOUR)
        fen += -(-driver.cost_per_hour * duty.total() // 60)
        ride = {"vehicle": vehicle.id, "driver": driver.id, "seats": vehicle.seats}
        times = {"from": iso(quarter_starts(start)), "to": iso(quarter_starts(stop))}
        rides.append(ride | {"type": vehicle.type.value} | times)
    zh = [f"{vehicle.name.zh}（{driver.name.zh}）" for vehicle, driver, _ in manned]
    en = [f"{vehicle.name.en} ({driver.name.en})" for vehicle, driver, _ in manned]
    room = sum(vehicle.seats for vehicle, _, _ in manned)
    return Allotment(
        claims=tuple(claims),
        summary=Text(
            zh=f"{seats}人，{len(manned)}辆车共{room}座：{listed(zh, '、')}",
            en=f"{seats} passengers in {room} seats: {listed(en, ', ')}",
        ),
        allotted={
            "unit": manned[0][0].id,
            "vehicles": rides,
            "from": min(str(ride["from"]) for ride in rides),
            "to": max(str(ride["to"]) for ride in rides),
        },
        cost=Money(amount=fen),
    )


def _never(ask: Ask, need: VehicleNeed, seats: int, fleet: list[Vehicle]) -> Refusal | None:
    """What no other booking has to do with: too many passengers, or too long for one driver."""
    zh, en = _type_text(need.type)
    most = most_seats(fleet)
    if most < seats:
        return refuse(
            "too_large",
            f"需要{seats}座；一项需求最多{MAX_VEHICLES}辆{zh}，全市最多{most}座。",
            f"{seats} seats are asked for; one need takes at most {MAX_VEHICLES} {en}, "
            f"which seat {most} in this city.",
        )
    if is_stay(ask.request.window):
        hours = LONGEST_DUTY_MINUTES // 60
        return refuse(
            Obstacle.DUTY_LIMIT,
            f"{window_text(ask.request)}超过{hours}小时，一名驾驶员不能连续执勤；请分段用车。",
            f"{window_text(ask.request)} is longer than {hours} hours, more than any driver may "
            "work; split the run.",
        )
    return None


def _no_vehicle(
    ask: Ask, need: VehicleNeed, seats: int, fleet: Sequence[Vehicle], here: Sequence[Vehicle]
) -> Refusal:
    when, most = window_text(ask.request), most_seats(here)
    zh, en = [], []
    for kind in VehicleType:
        total = sum(v.type is kind for v in fleet)
        if total:
            free = sum(v.type is kind for v in here)
            zh.append(f"{TYPES[kind][0]}{total}辆中空闲{free}辆")
            en.append(f"{TYPES[kind][1]} free: {free} of {total}")
    return refuse(
        "no_vehicle",
        f"{when}需要{seats}座；{'，'.join(zh)}，{MAX_VEHICLES}辆以内最多{most}座。",
        f"{seats} seats are asked for {when}; {', '.join(en)}, "
        f"at most {most} seats in {MAX_VEHICLES} vehicles.",
    )


def _no_driver(ask: Ask, crew: Crew, convoy: list[Vehicle]) -> Refusal:
    """Why the convoy that would be taken has no drivers."""
    bids = {bid[0].id: bid for vehicle in convoy for bid in crew.bids(vehicle)}
    found = [why for _, _, why in bids.values()]
    why = cause(found, len(convoy))
    code = "no_driver" if why is Obstacle.BUSY or not bids else why.value
    when, counts, limits = window_text(ask.request), tally_text(found), limit_text([*bids.values()])
    kinds = sorted({vehicle.type for vehicle in convoy})
    zh = "、".join(TYPES[kind][0] for kind in kinds)
    en = ", ".join(TYPES[kind][1] for kind in kinds)
    return refuse(
        code,
        f"{when}需要驾驶员{len(convoy)}名（{zh}）；有驾照的{len(bids)}人中{counts[0]}。{limits[0]}",
        f"Drivers ({en}) wanted for {when}: {len(convoy)}; of {len(bids)} licensed, "
        f"{counts[1]}.{limits[1]}",
    )


def _ideas(code: str, ask: Ask, escorts: Escorts) -> Iterator[Ideas]:
    """The sorts of ways out, best first."""
    need = VehicleNeed.model_validate(ask.request.details)
    seats = need.seats or ask.request.party.guests
    if code in (Obstacle.DUTY_LIMIT, Obstacle.OUTSIDE_DUTY_HOURS):
        yield shorter(ask, escorts.drivers(), escorts.widest_buffer_minutes)
    if need.type is not None:
        yield _types(need.type)
    if code != "too_large":
        yield from other_times(ask)
    yield fewer(
        ask,
        "seats",
        seats,
        most_seats(escorts.vehicles.values()),
        ("座", "seats"),
        lambda other: decide_vehicles(other, escorts),
    )


def _types(wished: VehicleType) -> Iterator[Idea]:
    """Each other type, then any mixture."""
    for kind in VehicleType:
        if kind is not wished:
            yield Idea({"type": kind.value}, f"改用{TYPES[kind][0]}", f"By {TYPES[kind][1]}")
    yield Idea({"type": None}, "不限车型", "With vehicles of any type")


def _type_text(kind: VehicleType | None) -> tuple[str, str]:
    return TYPES[kind] if kind else ("车", "vehicles")
