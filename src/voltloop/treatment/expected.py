"""What each way of treating a battery is expected to bring, and how far that may be off.

The state of health is not a number but a distribution: measured with an error, or hardly known. Three points of
Gauss and Hermite stand for it; at each, the battery passes the band of its treatment or is recycled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop import economics, footprint
from voltloop.catalogue import money
from voltloop.economics import PriceSet
from voltloop.treatment.health import NODES, WEIGHTS
from voltloop.treatment.rules import TREATMENTS

__all__ = ["KEYS", "Outlook", "expected"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

_RECYCLE = [f"recycle_{route}" for route in economics.RECYCLING_ROUTES]
KEYS = (
    "reuse",
    "remanufacture",
    "second_life",
    *_RECYCLE,
    *(f"quarantine_{r}" for r in economics.RECYCLING_ROUTES),
    "quarantine_",
)
"""What is valued: a treatment, with its process after an underscore."""


@dataclass(frozen=True)
class Outlook:
    """Expected figures of all units of each row, before transport.

    Attributes
    ----------
    net_eur, co2e_kg
        Rows by :data:`KEYS`: expected value and carbon.
    spread_eur
        Rows by :data:`KEYS`: standard deviation of the value, from the spread of the state of health and from the
        chance to fail the test.
    """

    net_eur: _Floats
    co2e_kg: _Floats
    spread_eur: _Floats


def _by_key(
    routes: dict[str, _Floats], pick: _Ints, reman: _Bools, share: _Floats, watch: _Floats
) -> _Floats:
    """Give the expected figure by key: what passes its test counts as the route, what fails as recycled.

    ``pick`` is the process that recycles what fails, ``reman`` says that what passes an inspection is
    remanufactured and not given a second life, ``share`` is rows by treatments, ``watch`` the figure of keeping a
    battery under watch.
    """
    recycled = np.stack([routes[name] for name in _RECYCLE], axis=1)
    recycled_best = np.take_along_axis(recycled, pick[:, None], axis=1)[:, 0]
    saved = np.where(reman, routes["remanufacture"], routes["second_life"])
    columns = []
    for key in KEYS:
        name, _, process = key.partition("_")
        if name == "recycle":
            columns.append(routes[key])
        elif name == "quarantine":
            passed = share[:, TREATMENTS.index(name)]
            failed = routes[f"recycle_{process}"] if process else recycled_best
            columns.append(watch + passed * saved + (1.0 - passed) * failed)
        else:
            passed = share[:, TREATMENTS.index(key)]
            columns.append(passed * routes[key] + (1.0 - passed) * recycled_best)
    return np.stack(columns, axis=1)


def _spread(batteries: pl.DataFrame) -> tuple[_Floats, _Floats]:
    """Mean and standard deviation of the state of health of each row."""
    given = money.route_parameters()
    soh = pl.col("soh").cast(pl.Float64).fill_nan(None)
    usable = soh.is_between(0.0, 1.2).fill_null(value=False)
    own_sd = pl.col("soh_sd") if "soh_sd" in batteries.columns else pl.lit(None, dtype=pl.Float64)
    frame = batteries.select(
        pl.when(usable).then(soh.clip(0.0, 1.0)).otherwise(given["soh_when_unknown"]).alias("mean"),
        pl.when(usable)
        .then(pl.coalesce(own_sd, given["soh_sd_measured"]))
        .otherwise(given["soh_sd_unknown"])
        .alias("sd"),
    )
    return frame["mean"].to_numpy(), frame["sd"].to_numpy()


def _columns(table: pl.DataFrame) -> dict[str, _Floats]:
    return {name: table[name].to_numpy() for name in table.columns if name != "row"}


def expected(
    batteries: pl.DataFrame, share: _Floats, bands: _Floats, prices: PriceSet, *, with_carbon: bool = True
) -> Outlook:
    """Value every row in every way over the distribution of its state of health.

    Parameters
    ----------
    batteries
        Columns of the battery table; ``soh_sd`` may be missing or null: the catalogue's counts.
    share
        Rows by treatments: share that passes the test for reasons other than the state of health, 0 to 1.
    bands
        Rows by treatments: least state of health of the treatment, 0 for none.
    prices
        Prices of the day.
    with_carbon
        Whether carbon is worked out; zeros when not.

    Returns
    -------
    Outlook
        Value and carbon follow the same course of events: what fails is recycled by the process that pays best.
    """
    mean, sd = _spread(batteries)
    soh = np.concatenate([np.clip(mean + node * sd, 0.0, 1.0) for node in NODES])
    at = pl.concat([batteries] * len(NODES)).with_columns(pl.Series("soh", soh))
    value = _columns(economics.route_table(at, prices))
    passed = np.tile(share, (len(NODES), 1)) * (soh[:, None] >= np.tile(bands, (len(NODES), 1)) - 1e-9)
    pick = np.stack([value[name] for name in _RECYCLE], axis=1).argmax(axis=1)
    reman = value["remanufacture"] >= value["second_life"]
    best = _by_key(value, pick, reman, np.ones_like(passed), value["quarantine"])
    worst = _by_key(value, pick, reman, np.zeros_like(passed), value["quarantine"])
    chance = _chance(passed)
    net = _mean(chance * best + (1.0 - chance) * worst)
    square = _mean(chance * best**2 + (1.0 - chance) * worst**2)
    carbon = np.zeros_like(net)
    if with_carbon:
        emitted = _columns(footprint.carbon_table(at))
        carbon = _mean(_by_key(emitted, pick, reman, passed, emitted["quarantine"]))
    return Outlook(net, carbon, np.sqrt(np.maximum(square - net**2, 0.0)))


def _mean(stacked: _Floats) -> _Floats:
    """Weigh the points of the distribution, which stand one after the other."""
    parts = np.split(stacked, len(NODES))
    total: _Floats = np.zeros_like(parts[0])
    for weight, part in zip(WEIGHTS, parts, strict=True):
        total = total + weight * part
    return total


def _chance(passed: _Floats) -> _Floats:
    """Rows by keys: the chance to pass, from rows by treatments."""
    treatment = {key: key.partition("_")[0] if key not in TREATMENTS else key for key in KEYS}
    return np.stack([passed[:, TREATMENTS.index(treatment[key])] for key in KEYS], axis=1)
