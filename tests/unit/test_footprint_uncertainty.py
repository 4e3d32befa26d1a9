"""Monte Carlo over uncertain inputs: same seed same answer, exact where it can be known, sensible ranking."""

from __future__ import annotations

import pytest

from voltloop.errors import InputError
from voltloop.footprint import (
    CutOff,
    Impacts,
    Pack,
    Part,
    Uncertain,
    new_pack,
    recycled,
    remanufactured,
    spread_of,
    usual_uncertainties,
)


def account(*lines: tuple[float, tuple[str, ...]]) -> CutOff:
    return CutOff("pack", tuple(Part("line", Impacts(co2e), drivers) for co2e, drivers in lines))


def test_the_same_seed_gives_the_same_answer() -> None:
    done = remanufactured(Pack("NMC622", 60.0), 300.0)
    first = spread_of(done.avoided_burden, samples=500, seed=7)
    assert first == spread_of(done.avoided_burden, samples=500, seed=7)
    assert first != spread_of(done.avoided_burden, samples=500, seed=8)


def test_a_triangular_input_has_the_mean_and_quantiles_of_the_triangle() -> None:
    found = spread_of(
        account((10.0, ("grid",))), samples=20_000, seed=1, uncertain={"grid": Uncertain(0.5, 1.0, 2.0)}
    )
    assert found.mean == pytest.approx(10.0 * 3.5 / 3.0, rel=1e-3)
    # F(x) = (x - 0.5)^2 / 0.75 below the mode, 1 - (2 - x)^2 / 1.5 above it.
    assert found.low == pytest.approx(10.0 * (0.5 + (0.05 * 0.75) ** 0.5), rel=1e-3)
    assert found.high == pytest.approx(10.0 * (2.0 - (0.05 * 1.5) ** 0.5), rel=1e-3)


def test_the_larger_line_matters_more_and_signs_are_told() -> None:
    wide = Uncertain(0.5, 1.0, 1.5)
    found = spread_of(
        account((100.0, ("grid",)), (-30.0, ("material",)), (1.0, ())),
        samples=4000, seed=3, uncertain={"grid": wide, "material": wide},
    )  # fmt: skip
    assert [driver.name for driver in found.drivers] == ["grid", "material"]
    assert found.drivers[0].rank_correlation > 0.9
    assert found.drivers[1].rank_correlation < -0.2
    assert sum(driver.share for driver in found.drivers) == pytest.approx(1.0)


def test_one_draw_counts_in_every_line_of_its_input() -> None:
    wide = {"material": Uncertain(0.5, 1.0, 1.5)}
    found = spread_of(
        account((10.0, ("material",)), (-10.0, ("material",))), samples=100, seed=1, uncertain=wide
    )
    assert found.low == found.high == 0.0
    assert [driver.share for driver in found.drivers] == [0.0]


def test_a_certain_input_leaves_no_spread() -> None:
    found = spread_of(account((10.0, ("grid",))), samples=100, seed=1, uncertain={})
    assert (found.low, found.high, found.drivers) == (10.0, 10.0, ())


def test_what_matters_in_practice() -> None:
    pack = Pack("NMC622", 60.0)
    new = spread_of(new_pack(pack, 300.0).cut_off, samples=1000, seed=1)
    assert new.drivers[0].name == "material"
    reman = spread_of(remanufactured(pack, 300.0).cut_off, samples=1000, seed=1)
    assert reman.drivers[0].name == "replaced_share"
    smelted = spread_of(recycled(pack, "pyro", 300.0).cut_off, samples=1000, seed=1)
    assert {driver.name for driver in smelted.drivers[:2]} == {"fuel", "process"}


def test_every_driver_of_a_line_is_in_the_table() -> None:
    pack = Pack("NMC622", 60.0, 0.8)
    known = set(usual_uncertainties())
    for done in (new_pack(pack, 300.0), remanufactured(pack, 300.0), recycled(pack, "direct", 300.0)):
        assert {name for part in done.avoided_burden.parts for name in part.drivers} <= known


@pytest.mark.parametrize(
    ("uncertain", "samples", "code"),
    [
        ({"grib": Uncertain(1, 1, 1)}, 10, "footprint-driver-unknown"),
        ({"grid": Uncertain(2, 1, 3)}, 10, "footprint-uncertainty"),
        ({"grid": Uncertain(-1, 1, 3)}, 10, "footprint-uncertainty"),
        ({}, 1, "footprint-number"),
    ],
)
def test_uncertainty_that_cannot_be(uncertain: dict[str, Uncertain], samples: int, code: str) -> None:
    with pytest.raises(InputError) as refused:
        spread_of(account((1.0, ("grid",))), samples=samples, seed=1, uncertain=uncertain)
    assert refused.value.code == code
