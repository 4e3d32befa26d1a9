"""What a restored pack earns: its price less core, test, parts, labour, warranty and the packs that fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive, share

__all__ = ["Part", "UnitMargin", "catalogue_parts", "matching_share", "remanufacturing_margin"]

QUALITY_STATES = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of part of a pack.

    Attributes
    ----------
    name
        What it is.
    price_eur
        New, per piece.
    pieces
        In a pack.
    reuse_share
        Chance that the old one is fit to stay, 0 to 1.
    needs_match
        True for modules, which must also match the others of the pack.
    """

    name: str
    price_eur: float
    pieces: float = 1.0
    reuse_share: float = 0.0
    needs_match: bool = False


@dataclass(frozen=True, slots=True)
class UnitMargin:
    """Margin of one restored pack that is sold, line by line; costs are positive.

    Attributes
    ----------
    price_eur
        Received for the pack.
    core_eur, logistics_eur, test_eur, parts_eur, labor_eur, warranty_reserve_eur
        Spent on it.
    fallout_eur
        Spent on packs that failed at the end, less what their parts still bring, spread over the packs that are sold.
    margin_eur
        Price less all of these.
    break_even_price_eur
        Price at which the margin is nought.
    replaced_parts
        Expected new pieces by part.
    currency, priced_on
        Of all amounts.
    """

    price_eur: float
    core_eur: float
    logistics_eur: float
    test_eur: float
    parts_eur: float
    labor_eur: float
    warranty_reserve_eur: float
    fallout_eur: float
    margin_eur: float
    break_even_price_eur: float
    replaced_parts: dict[str, float]
    currency: str
    priced_on: date


def matching_share(*, spread_limit: float, capacity_sd: float) -> float:
    """Give the share of sound modules that match within a limit.

    Parameters
    ----------
    spread_limit
        Widest difference of capacity in one pack, as a share, zero or more.
    capacity_sd
        Standard deviation of the capacity of sound modules, as a share, zero or more.

    Returns
    -------
    float
        Share of a normal spread that falls into the best window, 0 to 1.

    Raises
    ------
    InputError
        ``economics-number``.

    Notes
    -----
    One window stands for one grade: a plant that keeps several grades matches more of its modules.

    Examples
    --------
    >>> round(matching_share(spread_limit=0.03, capacity_sd=0.02), 3), matching_share(spread_limit=0.03, capacity_sd=0)
    (0.547, 1.0)
    """
    limit, spread = number("spread_limit", spread_limit), number("capacity_sd", capacity_sd)
    return 1.0 if spread == 0 else math.erf(limit / (2.0 * math.sqrt(2.0) * spread))


def catalogue_parts(quality_state: str, *, modules: int = 16) -> list[Part]:
    """Give the parts of a pack with the chance of their reuse in a quality state.

    Parameters
    ----------
    quality_state
        ``1`` good, ``2`` worn, ``3`` bad.
    modules
        Modules in the pack, above zero.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``.
    """
    one_of("quality_state", quality_state, QUALITY_STATES)
    count = positive("modules", modules)
    return [
        Part(
            row["part"],
            row["price_eur"],
            count if row["per_pack"] == "modules" else float(row["per_pack"]),
            float(row[f"reuse_state_{quality_state}"]),
            needs_match=row["part"] == "cell module",
        )
        for row in processes.remanufacturing_parts().iter_rows(named=True)
    ]


def remanufacturing_margin(  # noqa: PLR0913 - one argument per line of the margin
    *,
    price_eur: float,
    parts: Sequence[Part],
    labor_h: float,
    wage_eur_per_h: float,
    priced_on: date,
    core_eur: float = 0.0,
    logistics_eur: float = 0.0,
    test_eur: float = 0.0,
    warranty_reserve_eur: float = 0.0,
    matching: float = 1.0,
    fallout_share: float = 0.0,
    fallout_value_eur: float = 0.0,
) -> UnitMargin:
    """Give the margin of one restored pack that is sold.

    Parameters
    ----------
    price_eur
        Price of the restored pack.
    parts
        Parts of a pack; each piece is replaced with the chance that it is not reused.
    labor_h, wage_eur_per_h
        Hours for taking apart, putting together and test, and their wage.
    priced_on
        Price date of the amounts.
    core_eur
        Paid for the old pack; below zero when its owner pays.
    logistics_eur, test_eur
        Per pack that is taken in.
    warranty_reserve_eur
        Set aside per pack that is sold.
    matching
        Share of the sound modules that match (:func:`matching_share`).
    fallout_share
        Packs that fail after the work, 0 to below 1.
    fallout_value_eur
        What a failed pack still brings; below zero when its disposal costs.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``.

    Notes
    -----
    Of ``1 / (1 - fallout_share)`` packs that are worked on one is sold, so the lines add up per pack sold.

    Examples
    --------
    >>> unit = remanufacturing_margin(price_eur=1000, parts=[Part("module", 100, 8, 0.75)], labor_h=2,
    ...                               wage_eur_per_h=50, fallout_share=0.2, priced_on=date(2026, 1, 1))
    >>> unit.parts_eur, unit.fallout_eur, unit.margin_eur
    (200.0, 75.0, 625.0)
    """
    reusable = share("matching", matching)
    fallout = share("fallout_share", fallout_share)
    positive("1 - fallout_share", 1.0 - fallout)
    replaced = {
        part.name: number(f"pieces of {part.name}", part.pieces)
        * (
            1.0
            - share(f"reuse_share of {part.name}", part.reuse_share) * (reusable if part.needs_match else 1.0)
        )
        for part in parts
    }
    parts_eur = sum(
        replaced[part.name] * number(f"price_eur of {part.name}", part.price_eur) for part in parts
    )
    labor = number("labor_h", labor_h) * number("wage_eur_per_h", wage_eur_per_h)
    price = number("price_eur", price_eur)
    core = number("core_eur", core_eur, minimum=None)
    logistics, test = number("logistics_eur", logistics_eur), number("test_eur", test_eur)
    reserve = number("warranty_reserve_eur", warranty_reserve_eur)
    worked = core + logistics + test + parts_eur + labor
    lost = worked - number("fallout_value_eur", fallout_value_eur, minimum=None)
    failed = fallout / (1.0 - fallout) * lost
    cost = worked + reserve + failed
    return UnitMargin(
        price_eur=price,
        core_eur=core,
        logistics_eur=logistics,
        test_eur=test,
        parts_eur=parts_eur,
        labor_eur=labor,
        warranty_reserve_eur=reserve,
        fallout_eur=failed,
        margin_eur=price - cost,
        break_even_price_eur=cost,
        replaced_parts=replaced,
        currency="EUR",
        priced_on=priced_on,
    )
