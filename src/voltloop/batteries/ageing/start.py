"""Makes the twins of a list of batteries from what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voltloop.batteries.ageing.advance import health, trajectory
from voltloop.batteries.ageing.facts import rows
from voltloop.batteries.ageing.models import rates_of
from voltloop.batteries.ageing.one import soh_at_start
from voltloop.batteries.ageing.spread import reading_sds, spread_of
from voltloop.batteries.ageing.twins import SOH_MOST, state_column, update, yearly_wear
from voltloop.errors import InputError
from voltloop.findings import Finding, make

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voltloop.batteries.ageing.wear import Wear

    Floats = NDArray[np.float64]

__all__ = ["Started", "default_model", "model_of_chemistry", "start_twins"]

OLDEST_YEARS = 60
LEAST_BASE = 0.001
COLUMNS = ("battery_id", "chemistry", "produced_on", "soh")


@dataclass(frozen=True, slots=True)
class Started:
    """Twins of the batteries that can be aged, and what is to be said of the list.

    ``twins`` follows :class:`~voltloop.batteries.ageing.TwinSchema`; ``left_out`` has ``battery_id`` and
    ``code`` of the rest: the two together are the list.
    """

    twins: pl.DataFrame
    left_out: pl.DataFrame
    findings: list[Finding]


def model_of_chemistry() -> dict[str, str]:
    """Give the default ageing model of each chemistry that has one."""
    return {row["chemistry"]: row["model"] for row in rows("chemistries")}


def default_model(chemistry: str) -> str | None:
    """Give the default ageing model of a chemistry as people write it, None if it has none.

    Examples
    --------
    >>> default_model("ncm 622") == default_model("NMC"), default_model("NiMH")
    (True, None)
    """
    model: str | None = pl.DataFrame({"chemistry": [chemistry]}).select(model_column(None))["model"].item()
    return model


def model_column(model: str | None) -> pl.Expr:
    """Give the model of every battery: the one named, or the default of its chemistry; null if it has none.

    Raises
    ------
    InputError
        ``unknown-ageing-model``.
    """
    if model is not None:
        rates_of(model)
        return pl.lit(model, pl.String).alias("model")
    known = model_of_chemistry()
    # "NMC 811", "ncm622" and "NMC" are one family: the ratio of the metals decides less than the make of the cell.
    word = pl.col("chemistry").str.to_uppercase().str.replace_all(r"[^A-Z0-9/]", "")
    word = word.str.replace(r"^(NMC|NCM)\d*$", "NMC")
    return word.replace_strict(known, default=None, return_dtype=pl.String).alias("model")


def start_twins(
    batteries: pl.DataFrame, *, on: date, use: str, climate: str, model: str | None = None
) -> Started:
    """Make the twins of a list of batteries on a day.

    Parameters
    ----------
    batteries
        Columns ``battery_id`` (unique), ``chemistry``, ``produced_on`` (day of make, null if not known) and
        ``soh`` (state of health read on the day, share of new; null if not measured); ``diagnostic_source``
        (test that gave it, in the words of ``catalogue/grading/tests.csv``) and ``read_on`` may be missing.
    on
        Day of the readings; a column ``read_on`` says it of each battery, where it is not null.
    use, climate
        Classes of the use until that day, and until changed.
    model
        Ageing model of all; without it the default of each chemistry.

    Returns
    -------
    Started
        A battery with day of make has been under the use since then, and its reading sharpens its scalar; one
        without is as old as the nominal battery of its state of health. A battery of a model of used cells
        starts anew on the day.

    Raises
    ------
    InputError
        ``unknown-ageing-model``, ``unknown-use``, ``unknown-climate``; ``ageing-columns``: a column is missing;
        ``battery-id-twice``.
    """
    _require_table(batteries)
    frame = batteries.select(
        "battery_id",
        "chemistry",
        model_column(model),
        pl.col("produced_on").cast(pl.Date),
        pl.col("soh").cast(pl.Float64),
        _optional(batteries, "read_on", pl.Date).fill_null(on).alias("read_on"),
        _optional(batteries, "diagnostic_source", pl.String).alias("method"),
    )
    frame = frame.with_columns(_fault().alias("code"))
    good = frame.filter(pl.col("code").is_null())
    parts = [
        _start(part, str(name), use, climate) for (name,), part in good.group_by("model", maintain_order=True)
    ]
    twins = pl.concat(parts) if parts else _no_twins()
    twins = good.select("battery_id").join(twins, on="battery_id", how="left", maintain_order="left")
    left_out = frame.filter(pl.col("code").is_not_null()).select("battery_id", "code")
    return Started(twins, left_out, _findings(frame) + _climate_findings(good, climate))


def _require_table(batteries: pl.DataFrame) -> None:
    absent = [name for name in COLUMNS if name not in batteries.columns]
    if absent:
        raise InputError(
            f"The table of batteries has no column {', '.join(absent)}. To age them, {', '.join(COLUMNS)} are needed; "
            "a cell may be empty. Add the column.",
            code="ageing-columns",
        )
    twice = batteries.filter(pl.col("battery_id").is_duplicated())["battery_id"]
    if len(twice):
        raise InputError(
            f'The battery "{twice[0]}" stands twice in the table ({len(twice)} such rows). A twin is of one battery. '
            "Give every battery an id of its own.",
            code="battery-id-twice",
        )


def _optional(table: pl.DataFrame, name: str, kind: type[pl.DataType]) -> pl.Expr:
    return pl.col(name).cast(kind) if name in table.columns else pl.lit(None, kind)


def _fault() -> pl.Expr:
    soh = pl.col("soh")
    return (
        pl.when(pl.col("model").is_null())
        .then(pl.lit("ageing-no-model"))
        .when(soh.is_nan() | (soh < 0) | (soh > SOH_MOST))
        .then(pl.lit("ageing-soh-impossible"))
        .when(pl.col("produced_on") > pl.col("read_on"))
        .then(pl.lit("ageing-made-later"))
        .when(soh.is_null() & pl.col("produced_on").is_null())
        .then(pl.lit("ageing-nothing-known"))
    )


def _no_twins() -> pl.DataFrame:
    from voltloop.batteries.ageing.twins import TwinSchema

    return TwinSchema.create_empty()


def _start(part: pl.DataFrame, model: str, use: str, climate: str) -> pl.DataFrame:
    grown = yearly_wear(model, use, climate)
    spread = spread_of(model)
    soh = part["soh"].fill_null(float("nan")).to_numpy()
    days = (
        part.select((pl.col("read_on") - pl.col("produced_on")).dt.total_days().cast(pl.Float64))
        .to_series()
        .fill_null(float("nan"))
        .to_numpy()
    )
    base = np.ones(part.height)
    if soh_at_start(model) < 1:
        base = np.where(np.isfinite(soh), np.maximum(soh, LEAST_BASE), soh_at_start(model))
        days = np.zeros(part.height)
        soh = np.full(part.height, float("nan"))
    z = _states(grown, days, soh, spread.median)
    twins = pl.DataFrame(
        {
            "battery_id": part["battery_id"],
            "model": model,
            "use": use,
            "climate": climate,
            "on": part["read_on"],
            "z": state_column(z),
            "log_scalar": float(np.log(spread.median)),
            "log_scalar_sd": spread.log_sd,
            "soh_base": base,
        }
    )
    return update(twins, soh, reading_sds(part["method"]))


def _states(grown: Wear, days: Floats, soh: Floats, scalar: float) -> Floats:
    """Give the nominal state at each battery's age, or, where that is not known, at its state of health."""
    grid = np.arange(0, OLDEST_YEARS + 1) * 365.0
    course = trajectory(grown, grown.start[:, None], scalar, grid)[:, :, 0].T
    fine = np.linspace(0, grid[-1], OLDEST_YEARS * 52 + 1)
    along = np.stack([np.interp(fine, grid, term) for term in course])
    falling = np.minimum.accumulate(health(grown, along, scalar))
    suggested = np.interp(-soh, -falling, fine)
    age = np.where(np.isfinite(days), days, suggested)
    return np.stack([np.interp(age, grid, term) for term in course])


def _findings(frame: pl.DataFrame) -> list[Finding]:
    found: list[Finding] = []
    known = ", ".join(model_of_chemistry())
    least = {
        row["model"]: float(row["soh_tested_min"]) * float(row["soh_at_start"]) for row in rows("models")
    }
    telling = (
        pl.col("code").is_not_null()
        | pl.col("soh").is_null()
        | pl.col("produced_on").is_null()
        | (pl.col("soh") < pl.col("model").replace_strict(least, default=None, return_dtype=pl.Float64))
    )
    for row in frame.filter(telling).iter_rows(named=True):
        where = f"battery {row['battery_id']}"
        soh = row["soh"]
        words: dict[str, Any] = {"where": where}
        if row["code"] == "ageing-no-model":
            found.append(
                make(
                    row["code"], **words, field="chemistry", raw=row["chemistry"] or "not given", known=known
                )
            )
        elif row["code"] == "ageing-soh-impossible":
            found.append(make(row["code"], **words, field="soh", raw=f"{soh:g}"))
        elif row["code"] == "ageing-made-later":
            found.append(
                make(
                    row["code"],
                    **words,
                    field="produced_on",
                    raw=str(row["produced_on"]),
                    value=str(row["read_on"]),
                )
            )
        elif row["code"] is not None:
            found.append(make(row["code"], **words, field="soh"))
        elif soh is None:
            found.append(make("ageing-soh-missing", **words, field="soh"))
        else:
            if soh < least[row["model"]]:
                found.append(
                    make(
                        "ageing-soh-below-range",
                        **words,
                        field="soh",
                        raw=f"{soh:g}",
                        least=f"{least[row['model']]:g}",
                    )
                )
            if row["produced_on"] is None and soh_at_start(row["model"]) == 1:
                found.append(make("ageing-age-missing", **words, field="produced_on"))
    return found + _list_findings(frame)


def _climate_findings(good: pl.DataFrame, climate: str) -> list[Finding]:
    """Say once per model that the climate has months outside the temperatures it was tested at."""
    means = [float(row["mean_c"]) for row in rows("climates") if row["climate"] == climate]
    found: list[Finding] = []
    for row in rows("models"):
        low, high = float(row["temperature_min_c"]), float(row["temperature_max_c"])
        if row["model"] in good["model"] and means and (min(means) < low or max(means) > high):
            found.append(
                make(
                    "ageing-outside-tests", where="the list", raw=climate, value=row["model"], low=f"{low:g}",
                    high=f"{high:g}", coldest=f"{min(means):g}", warmest=f"{max(means):g}",
                )
            )  # fmt: skip
    return found


def _list_findings(frame: pl.DataFrame) -> list[Finding]:
    """Say once per chemistry that its model is a stand-in or of used cells."""
    found: list[Finding] = []
    stand_ins = {
        (row["chemistry"], row["model"]) for row in rows("chemistries") if row["is_stand_in"] == "yes"
    }
    counted = frame.filter(pl.col("code").is_null()).group_by("chemistry", "model", maintain_order=True).len()
    for chemistry, model, count in counted.iter_rows():
        if (chemistry, model) in stand_ins:
            found.append(make("ageing-stand-in", where="the list", raw=chemistry, value=model, count=count))
        if soh_at_start(model) < 1:
            found.append(make("ageing-used-start", where="the list", raw=chemistry, value=model))
    return found
