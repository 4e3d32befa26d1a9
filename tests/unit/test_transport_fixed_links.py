import numpy as np

from voltloop.transport import great_circle_km
from voltloop.transport.fixed_links import fixed_links


def test_no_bridge_is_shorter_than_the_straight_line_nor_absurdly_long():
    links = fixed_links()
    straight_km = great_circle_km(links.lat_a, links.lon_a, links.lat_b, links.lon_b)
    assert np.all(links.km >= 0.95 * straight_km)
    assert np.all(links.km <= 2.0 * straight_km + 4.0)
