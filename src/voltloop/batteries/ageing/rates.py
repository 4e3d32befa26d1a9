"""Rates of the models with one calendar and one cycle term.

Every function takes the stress at one state of health and the model's parameters
(``catalogue/ageing/parameters.csv``, where the source of each stands) and gives the terms. T is the
temperature in K, U the potential of the anode in V, D the depth of discharge, C the mean C-rate of a window;
TN = T / 308.15 K and UN = U / 0.123 V. Calendar rates are averaged over the samples of each window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voltloop.batteries.ageing.terms import Term, power

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from voltloop.batteries.ageing.windows import Stress

    Floats = NDArray[np.float64]
    Parameters = Mapping[str, float]

__all__ = ["TWO_TERM_MODELS"]

T_NORMAL_K = 308.15
U_NORMAL_V = 0.123
GAS_CONSTANT = 8.3144
T_REFERENCE_K = 298.15


def _pair(calendar: Floats, cycle: Floats, p: Parameters) -> list[Term]:
    """Give calendar and cycle term of the coefficients of ``k (x / unit)**p``."""
    days, efc = p.get("calendar_unit_days", 1.0), p.get("cycle_unit_efc", 1.0)
    return [
        Term("calendar", "time", power(calendar, p["calendar_p"]) / days, p["calendar_p"]),
        Term("cycle", "throughput", power(cycle, p["cycle_p"]) / efc, p["cycle_p"]),
    ]


def _charge_arrhenius(s: Stress, p: Parameters) -> Floats:
    """Calendar: a exp(b/T) exp(c SOC/T)."""
    t = s.temperature_k
    return s.mean(p["calendar_a"] * np.exp((p["calendar_b"] + p["calendar_c"] * s.soc) / t))


def _depth_arrhenius(s: Stress, p: Parameters) -> Floats:
    """Cycle: (a + b D + c C) (exp(d/T) + exp(-e/T))."""
    warm = s.mean(np.exp(p["cycle_d"] / s.temperature_k) + np.exp(-p["cycle_e"] / s.temperature_k))
    return (p["cycle_a"] + p["cycle_b"] * s.dod + p["cycle_c"] * s.c_rate) * warm


def _lfp_250ah(s: Stress, p: Parameters) -> list[Term]:
    """Calendar a exp(b/T) exp(c U/T)."""
    calendar = p["calendar_a"] * np.exp((p["calendar_b"] + p["calendar_c"] * s.potential_v) / s.temperature_k)
    return _pair(s.mean(calendar), _depth_arrhenius(s, p), p)


def _panasonic_or_mj1(s: Stress, p: Parameters) -> list[Term]:
    return _pair(_charge_arrhenius(s, p), _depth_arrhenius(s, p), p)


def _leaf(s: Stress, p: Parameters) -> list[Term]:
    """Cycle rate constant: the cells were cycled under one condition only."""
    return _pair(_charge_arrhenius(s, p), np.full_like(s.efc, p["cycle_a"]), p)


def _normal_calendar(s: Stress, p: Parameters) -> Floats:
    """Calendar: a exp(b TN^-3 UN^(1/3))."""
    tn, un = s.temperature_k / T_NORMAL_K, s.potential_v / U_NORMAL_V
    return s.mean(p["calendar_a"] * np.exp(p["calendar_b"] * tn**-3 * np.cbrt(un)))


def _nmc_b1(s: Stress, p: Parameters) -> list[Term]:
    """Cycle a (D^2 TN^3 C^0.5)^b."""
    tn = s.temperature_k / T_NORMAL_K
    cycle = p["cycle_a"] * (s.dod**2 * np.sqrt(s.c_rate)) ** p["cycle_b"] * s.mean(tn ** (3 * p["cycle_b"]))
    return _pair(_normal_calendar(s, p), cycle, p)


def _nmc_b2(s: Stress, p: Parameters) -> list[Term]:
    """Cycle a (D TN^-3 C^0.5)^b exp(c D TN^-2 C^0.5) exp(d D^2 TN^-3 C)."""
    tn, d, c = s.temperature_k / T_NORMAL_K, s.spread(s.dod), s.spread(s.c_rate)
    strain = d * np.sqrt(c)
    cycle = (strain * tn**-3) ** p["cycle_b"] * np.exp(
        p["cycle_c"] * strain * tn**-2 + p["cycle_d"] * d**2 * tn**-3 * c
    )
    return _pair(_normal_calendar(s, p), p["cycle_a"] * s.mean(cycle), p)


def _nmc_a(s: Stress, p: Parameters) -> list[Term]:
    """Calendar a exp(b TN^3 UN^(-1/3)); cycle |a + b TN^3 D^.5 + c exp(TN^-.5 C^2) + d exp(D^.5 TN^2 C^.5)|."""
    tn, un = s.temperature_k / T_NORMAL_K, s.potential_v / U_NORMAL_V
    d, c = s.spread(s.dod), s.spread(s.c_rate)
    calendar = p["calendar_a"] * np.exp(p["calendar_b"] * tn**3 / np.cbrt(un))
    cycle = (
        p["cycle_a"]
        + p["cycle_b"] * tn**3 * np.sqrt(d)
        + p["cycle_c"] * np.exp(c**2 / np.sqrt(tn))
        + p["cycle_d"] * np.exp(np.sqrt(d * c) * tn**2)
    )
    return _pair(s.mean(calendar), s.mean(np.abs(cycle)), p)


def _lg_m50(s: Stress, p: Parameters) -> list[Term]:
    """Calendar a sum of five terms in TN, UN and SOC; cycle a exp(b Cd^3) exp(c TN^3 Cd^.5), Cd while discharging."""
    tn, un = s.temperature_k / T_NORMAL_K, s.potential_v / U_NORMAL_V
    c = s.spread(s.c_discharge)
    calendar = (
        p["calendar_a"]
        + p["calendar_b"] * np.exp(tn**3 / np.cbrt(un))
        + p["calendar_c"] * tn**3 / np.sqrt(un)
        + p["calendar_d"] * np.exp(np.sqrt(s.soc) / tn**2)
        + p["calendar_e"] * np.exp(s.soc**3)
    )
    cycle = p["cycle_a"] * np.exp(p["cycle_b"] * c**3 + p["cycle_c"] * tn**3 * np.sqrt(c))
    return _pair(s.mean(calendar), s.mean(cycle), p)


def _arrhenius(t: Floats, energy_j_per_mol: float) -> Floats:
    return np.exp(-energy_j_per_mol / GAS_CONSTANT * (1 / t - 1 / T_REFERENCE_K))


def _denso(s: Stress, p: Parameters) -> list[Term]:
    """Rates b1t and b1N of the paper at the mean temperature and charge of a window."""
    t, soc = s.temperature_mean_k, s.soc_mean
    calendar = _arrhenius(t, p["calendar_ea"]) * (
        p["calendar_a"]
        + p["calendar_b"] * soc
        + p["calendar_c"] * soc**2
        + p["calendar_d"] * soc**3
        + p["calendar_e"] * soc * t
        + p["calendar_f"] * np.maximum(0.0, t - 328.15)
    )
    strain = np.sqrt(s.dod * np.where(s.c_charge > 0, s.c_charge, s.c_rate))
    per_cycle = p["cycle_a"] * _arrhenius(t, p["cycle_ea"]) * strain * (1 + p["cycle_b"] * soc) + p["cycle_c"]
    per_cycle = np.maximum(0.0, per_cycle) + p["cycle_d"] * _arrhenius(t, p["cycle_eb"]) * s.dod**6
    return _pair(calendar, calendar * per_cycle * p["cycle_e"], p)


TWO_TERM_MODELS = {
    "Lfp_Gr_250AhPrismatic": _lfp_250ah,
    "NMC_Gr_50Ah_B1": _nmc_b1,
    "NMC_Gr_50Ah_B2": _nmc_b2,
    "NMC_Gr_75Ah_A": _nmc_a,
    "Nca_Gr_Panasonic3Ah_Battery": _panasonic_or_mj1,
    "Nmc811_GrSi_LGMJ1_4Ah_Battery": _panasonic_or_mj1,
    "Lmo_Gr_NissanLeaf66Ah_2ndLife_Battery": _leaf,
    "Nmc811_GrSi_LGM50_5Ah_Battery": _lg_m50,
    "Nmc622_Gr_DENSO50Ah_Battery": _denso,
}
