"""The law of driving time, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["EU_DRIVING", "US_DRIVING", "DrivingRules"]


@dataclass(frozen=True, slots=True)
class DrivingRules:
    """Limits on a driver's day, as data.

    Attributes
    ----------
    name
        The law and its paragraph.
    max_stretch_s
        Driving allowed without a break [s].
    break_s
        Length of the break that starts a new stretch [s].
    max_driving_s
        Driving allowed in one day [s].
    max_duty_s
        Longest time between leaving the depot and being back [s].
    rest_s
        Daily rest between two days of driving [s].
    service_is_break
        Whether loading for at least ``break_s`` counts as a break (USA: any 30 minutes without driving do;
        EU: loading is other work, it does not).

    Notes
    -----
    The split EU break (15 then 30 minutes) and the extended day (10 hours twice a week) are not used: plans are
    a little more cautious than the law asks.
    """

    name: str
    max_stretch_s: int
    break_s: int
    max_driving_s: int
    max_duty_s: int
    service_is_break: bool = False
    rest_s: int = 39_600

    def travel_s(self, driving_s: int) -> int:
        """Shortest time from departure to arrival for a drive without stops [s], breaks and daily rests included.

        Examples
        --------
        >>> EU_DRIVING.travel_s(16_200) == 16_200
        True
        >>> EU_DRIVING.travel_s(32_000) == 32_000 + 2_700
        True
        >>> EU_DRIVING.travel_s(36_000) == 36_000 + 2_700 + 39_600
        True
        """
        full_days, rest_of_drive = divmod(max(driving_s - 1, 0), self.max_driving_s)
        a_day = (self.max_driving_s - 1) // self.max_stretch_s
        breaks = full_days * a_day + rest_of_drive // self.max_stretch_s
        return driving_s + breaks * self.break_s + full_days * self.rest_s


EU_DRIVING: Final = DrivingRules("Regulation (EC) 561/2006 Art. 6 to 8", 16_200, 2_700, 32_400, 46_800)
"""4.5 h of driving, then 45 minutes; 9 h of driving; 13 h between two daily rests of 11 h."""

US_DRIVING: Final = DrivingRules("49 CFR 395.3", 28_800, 1_800, 39_600, 50_400, True, 36_000)
"""8 h of driving, then 30 minutes without driving; 11 h of driving within 14 h of duty."""
