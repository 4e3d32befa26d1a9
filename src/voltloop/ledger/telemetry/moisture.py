"""Water in air: dew point, frost point and parts per million, by one formula.

Below 0 degC the saturation pressure is the one over ice, so what is given is the frost point, as dry rooms state it:
-40 degC is 127 ppmv over ice but 188 ppmv over supercooled water.
"""

from __future__ import annotations

import math

__all__ = ["dew_point_c", "moisture_ppmv", "saturation_pa"]

_PRESSURE_PA = 101_325.0
_WATER = (611.2, 17.62, 243.12)
_ICE = (611.2, 22.46, 272.62)


def saturation_pa(temperature_c: float) -> float:
    """Saturation pressure of water vapour [Pa], over water from 0 degC on, over ice below.

    Parameters
    ----------
    temperature_c
        -80 to 60 degC.

    References
    ----------
    Magnus formula with the coefficients of WMO-No. 8, Guide to Instruments and Methods of Observation, volume I,
    annex 4.B: over water valid -45 to 60 degC, over ice -65 to 0.01 degC; used to -80 degC as an extrapolation.

    Examples
    --------
    >>> round(saturation_pa(0.0), 1), round(saturation_pa(-40.0), 2)
    (611.2, 12.85)
    """
    base, slope, offset = _WATER if temperature_c >= 0 else _ICE
    return base * math.exp(slope * temperature_c / (offset + temperature_c))


def dew_point_c(temperature_c: float, humidity_pct: float) -> float | None:
    """Give the dew point of air, below 0 degC its frost point [degC].

    Parameters
    ----------
    temperature_c
        Of the air.
    humidity_pct
        Relative humidity over water, as sensors state it also below 0 degC, above 0 to 110 %.

    Returns
    -------
    float or None
        None where the humidity is outside that range, or the temperature outside -45 to 100 degC.

    Examples
    --------
    >>> round(dew_point_c(20.0, 50.0), 1), round(dew_point_c(20.0, 0.55), 1)
    (9.3, -40.0)
    """
    if not 0 < humidity_pct <= 110 or not -45 <= temperature_c <= 100:
        return None
    base, slope, offset = _WATER
    over_water = base * math.exp(slope * temperature_c / (offset + temperature_c))
    vapour = over_water * humidity_pct / 100
    base, slope, offset = _WATER if vapour >= base else _ICE
    share = math.log(vapour / base)
    return offset * share / (slope - share)


def moisture_ppmv(dew_point: float, pressure_pa: float = _PRESSURE_PA) -> float:
    """Give the water in air of a dew point, below 0 degC a frost point, in parts per million by volume of all gas.

    Examples
    --------
    >>> round(moisture_ppmv(-40.0))
    127
    """
    return saturation_pa(dew_point) / pressure_pa * 1e6
