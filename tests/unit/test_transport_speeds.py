import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.transport import hours, profiles

LENGTHS = st.floats(0, 5000)


@given(st.sampled_from(profiles()), LENGTHS, LENGTHS)
def test_two_legs_never_take_less_time_than_one_of_their_length(profile, one, other):
    """Otherwise a tour could save time by a detour over a stop."""
    assert hours(one, profile) + hours(other, profile) >= hours(one + other, profile) - 1e-9


@given(st.sampled_from(profiles()), LENGTHS, LENGTHS)
def test_longer_takes_longer(profile, one, other):
    short, long = sorted((one, other))
    assert hours(short, profile) <= hours(long, profile)


def test_no_truck_beats_its_limiter_and_no_way_takes_forever():
    for profile, limit_kmh in {"van": 130, "rigid": 90, "artic": 90}.items():
        assert 5000 / hours(5000.0, profile) < limit_kmh
    assert hours([np.inf], "van").tolist() == [np.inf]
    assert hours(100.0, "van") < hours(100.0, "rigid") <= hours(100.0, "artic")


def test_unknown_vehicle_is_told_what_is_known():
    with pytest.raises(InputError, match=r'Did you mean "rigid"\?') as error:
        hours(1.0, "rigit")
    assert error.value.code == "unknown-profile"
