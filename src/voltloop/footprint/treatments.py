"""Burdens of one pack: made new, remanufactured, given a second life, recycled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError
from voltloop.footprint.accounts import AvoidedBurden, CutOff, Part
from voltloop.footprint.checks import at_least_zero, share
from voltloop.footprint.factors import Design, Grid, design, grid_of, material
from voltloop.footprint.legs import Leg, leg_parts
from voltloop.footprint.manufacture import new_battery
from voltloop.footprint.pack import Footprint, Pack, StorageUse
from voltloop.footprint.recycling import ELEMENTS, recycle

__all__ = ["new_pack", "recycled", "remanufactured", "second_life"]

_STORAGE = "LFP"
_CARBONATE_PER_LITHIUM = 37.0 / 7.0
_PRIMARY = {
    "lithium": ("lithium_carbonate", _CARBONATE_PER_LITHIUM),
    "nickel": ("nickel_in_salt", 1.0),
    "cobalt": ("cobalt_in_salt", 1.0),
    "copper": ("copper", 1.0),
    "aluminium": ("aluminium", 1.0),
    "steel": ("steel", 1.0),
}
"""Primary material that a recycled element replaces, and kilograms of it per kilogram of the element."""


def new_pack(
    pack: Pack,
    grid: Grid | float,
    *,
    recycled_content: Mapping[str, float] | None = None,
    legs: Sequence[Leg] = (),
) -> Footprint:
    """Burdens of making the pack new.

    Parameters
    ----------
    pack
        The pack; its state of health plays no part.
    grid
        Electricity where cells are made.
    recycled_content
        Shares (0 to 1) of elements that come from recycling: lithium, nickel, cobalt, copper, aluminium, steel.
    legs
        Ways of the pack to its user.

    Raises
    ------
    InputError
        ``footprint-chemistry-unknown``, ``footprint-number``, ``footprint-share``, ``footprint-material-unknown``.

    Notes
    -----
    Recycled content lowers the cut-off view only: recycled metal bears its share, by mass, of the hydro process of
    the same chemistry. In the avoided-burden view the one who recycled has taken the credit.
    """
    made, energy, mass = pack.checked()
    parts = [Part(p.name, p.impacts * energy, p.drivers) for p in new_battery(pack.chemistry, grid).parts]
    parts += leg_parts(legs, mass)
    content = _content(made, energy)
    saved = _recycled_content(made, content, recycled_content or {}, grid_of(grid))
    shares = recycled_content or {}
    extracted = {name: -kg * (1.0 - shares.get(name, 0.0)) for name, kg in content.items()}
    whole = tuple(parts)
    return Footprint(
        "new", CutOff("pack", (*whole, *saved)), AvoidedBurden("pack", whole), energy, "kWh new", extracted
    )


def _content(made: Design, energy_kwh: float, level: str = "pack") -> dict[str, float]:
    content = made.content_kg_per_kwh(level)
    return {element: content[element] * energy_kwh for element in ELEMENTS}


def _recycled_content(
    made: Design, content: Mapping[str, float], shares: Mapping[str, float], place: Grid
) -> list[Part]:
    if not shares:
        return []
    unknown = sorted(set(shares) - set(_PRIMARY))
    if unknown:
        raise InputError(
            f'"{unknown[0]}" is no element whose recycled content counts. Known: {", ".join(_PRIMARY)}.',
            code="footprint-material-unknown",
        )
    process = recycle(made.chemistry, "hydro", place)
    burden = process.cut_off.impacts * (1.0 / sum(process.recovered_kg.values()))
    parts = []
    for element, given in shares.items():
        kg = content[element] * share(given, f"recycled content, {element}")
        name, ratio = _PRIMARY[element]
        parts.append(Part(f"recycled {element}", burden * kg, ("process",)))
        parts.append(Part(f"{element} not mined", material(name) * (-kg * ratio), ("material",)))
    return parts


def remanufactured(
    pack: Pack,
    grid: Grid | float,
    *,
    made_in: Grid | float | None = None,
    replaced_share: float | None = None,
    displaced_share: float | None = None,
    parts_kg: Mapping[str, float] | None = None,
    legs: Sequence[Leg] = (),
) -> Footprint:
    """Burdens of restoring the pack by replacing modules.

    Parameters
    ----------
    pack
        The pack, restored to its energy when new.
    grid
        Electricity of the plant that restores it.
    made_in
        Electricity where new modules and the displaced new pack are made; None takes ``grid``.
    replaced_share
        Modules that are new, 0 to 1 (1 less the reuse share); None takes 0.25.
    displaced_share
        New packs not made per restored pack, 0 to 1; None takes 1.
    parts_kg
        Other new material per pack [kg] by material; None takes the values of ``restoring.csv``.
    legs
        Ways of the core to the plant and of the pack to its user.

    Raises
    ------
    InputError
        Codes of :func:`new_pack`; ``footprint-vehicle-unknown``, ``footprint-load-unknown``.

    Notes
    -----
    Built bottom up, there is no agreed figure to take over: replaced share x new modules + test electricity + parts
    + transport. The modules taken out are followed by :func:`recycled`, not here.
    """
    made, energy, mass = pack.checked()
    place = grid_of(grid)
    maker = place if made_in is None else grid_of(made_in)
    given = life_cycle.restoring()
    replaced = share(given["replaced_share"] if replaced_share is None else replaced_share, "replaced_share")
    displaced = share(
        given["displaced_share"] if displaced_share is None else displaced_share, "displaced_share"
    )
    burdens = [
        *_scaled(
            new_battery(pack.chemistry, maker, "module"), energy * replaced, "new modules", "replaced_share"
        ),
        _test(energy, place),
        *_renewed(parts_kg),
        *leg_parts(legs, mass),
    ]
    avoided = _scaled(
        new_battery(pack.chemistry, maker), -energy * displaced, "credit, new pack", "displaced_share"
    )
    whole, modules = _content(made, energy), _content(made, energy, "module")
    kept = {name: displaced * kg - replaced * modules[name] for name, kg in whole.items()}
    return Footprint(
        "remanufactured",
        CutOff("pack", tuple(burdens)),
        AvoidedBurden("pack", (*burdens, *avoided)),
        energy,
        "kWh restored",
        kept,
    )


def second_life(
    pack: Pack,
    grid: Grid | float,
    use: StorageUse | None = None,
    *,
    made_in: Grid | float | None = None,
    legs: Sequence[Leg] = (),
) -> Footprint:
    """Burdens of a second life in stationary storage.

    Parameters
    ----------
    pack
        The pack, with its state of health.
    grid
        Electricity where the storage runs and the pack is tested: pays for the losses of storage.
    use
        How it is used; None takes :meth:`StorageUse.usual`.
    made_in
        Electricity where the displaced storage battery is made; None takes ``grid``.
    legs
        Ways of the pack to its new place.

    Raises
    ------
    InputError
        As in :func:`remanufactured`; ``footprint-soh``: no state of health is given.

    Notes
    -----
    Of the new LFP storage displaced, as much making counts as delivers the same energy over its own life, and the
    losses that it would have had itself.
    """
    _, energy, mass = pack.checked()
    if pack.soh is None:
        raise InputError(
            "A second life needs the state of health, and none is given. Measure it, or give it as a share.",
            code="footprint-soh",
        )
    place, given, chosen = grid_of(grid), life_cycle.restoring(), use or StorageUse.usual()
    delivered = chosen.delivered_kwh(energy, pack.soh)
    efficiency = share(chosen.round_trip_efficiency, "round_trip_efficiency", above=True)
    electronics = energy * given["second_life_electronics_kg_per_kwh"]
    burdens = [
        _test(energy * pack.soh, place),
        Part("losses of storage", place.per_kwh * (delivered * (1.0 / efficiency - 1.0)), ("life", "grid")),
        Part("new electronics", material("electronics") * electronics, ("parts", "material")),
        *leg_parts(legs, mass),
    ]
    displaced = share(chosen.displaced_share, "displaced_share")
    spared_kwh = delivered / given["new_storage_cycles"] * displaced
    storage = new_battery(_STORAGE, place if made_in is None else grid_of(made_in))
    spared_losses = displaced * delivered * (1.0 / given["new_storage_round_trip_efficiency"] - 1.0)
    avoided = [
        *(
            Part(part.name, part.impacts, ("life", *part.drivers))
            for part in _scaled(storage, -spared_kwh, "credit, new storage", "displaced_share")
        ),
        Part(
            "credit, losses of new storage",
            place.per_kwh * -spared_losses,
            ("displaced_share", "life", "grid"),
        ),
    ]
    return Footprint(
        "second_life",
        CutOff("pack", tuple(burdens)),
        AvoidedBurden("pack", (*burdens, *avoided)),
        delivered,
        "kWh delivered",
        _content(design(_STORAGE), spared_kwh),
    )


def recycled(
    pack: Pack,
    process: str,
    grid: Grid | float,
    *,
    efficiency: float = 1.0,
    recovery: float = 1.0,
    legs: Sequence[Leg] = (),
) -> Footprint:
    """Burdens of recycling the pack, whole.

    Parameters
    ----------
    pack
        The pack; its state of health plays no part.
    process, grid, efficiency, recovery
        As in :func:`recycle`.
    legs
        Ways of the pack to the plant.

    Raises
    ------
    InputError
        Codes of :func:`recycle` and of the legs.
    """
    _, _, mass = pack.checked()
    done = recycle(pack.chemistry, process, grid, "pack", efficiency=efficiency, recovery=recovery)
    moved = leg_parts(legs, mass)
    cut_off = tuple(Part(p.name, p.impacts * mass, p.drivers) for p in done.cut_off.parts)
    avoided = tuple(Part(p.name, p.impacts * mass, p.drivers) for p in done.avoided_burden.parts)
    return Footprint(
        f"recycled_{process}",
        CutOff("pack", (*cut_off, *moved)),
        AvoidedBurden("pack", (*avoided, *moved)),
        mass,
        "kg feed",
        {name: kg * mass for name, kg in done.recovered_kg.items()},
    )


def _scaled(account: CutOff, amount: float, name: str, driver: str) -> list[Part]:
    return [Part(f"{name}, {p.name}", p.impacts * amount, (driver, *p.drivers)) for p in account.parts]


def _test(energy_kwh: float, place: Grid) -> Part:
    """Give the electricity that a cycler loses while the pack is charged and discharged."""
    given = life_cycle.restoring()
    lost = given["test_cycles"] * energy_kwh * (1.0 - given["test_efficiency"])
    return Part("test", place.per_kwh * lost, ("grid",))


def _renewed(parts_kg: Mapping[str, float] | None) -> list[Part]:
    given = life_cycle.restoring()
    names = ("steel", "aluminium", "electronics", "coolant")
    chosen = {name: given[f"parts_{name}_kg_per_pack"] for name in names} if parts_kg is None else parts_kg
    return [
        Part(f"new {name}", material(name) * at_least_zero(kg, f"parts, {name} [kg]"), ("parts", "material"))
        for name, kg in chosen.items()
    ]
