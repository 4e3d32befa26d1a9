import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.transport import GreatCircle, Places, SeaNetwork, great_circle_km, matrices, terminals
from voltloop.transport.matrices import blocks, fill_matrices, nearest_places
from voltloop.transport.provider import Distances


class Crooked:
    """Ways of 1 to 3 times the straight line, the same both ways; none between numbers that differ by 7."""

    def __init__(self, places, seed):
        self.places, self.seed, self.asked = places, seed, 0
        count = len(places)
        line = great_circle_km(places.lat[:, None], places.lon[:, None], places.lat[None], places.lon[None])
        factor = 1.0 + 2.0 * np.random.default_rng(seed).random((count, count))
        self.km = line * factor
        gap = np.abs(np.arange(count)[:, None] - np.arange(count)[None])
        self.km[gap == 7] = np.inf

    def distances(self, origins, destinations, profile):
        rows, columns = (np.array([int(name) for name in some.ids]) for some in (origins, destinations))
        self.asked += len(rows) * len(columns)
        km = self.km[np.ix_(rows, columns)]
        return Distances(km, km / 50.0, np.zeros(km.shape, bool), np.isfinite(km))


def scattered(count, seed):
    random = np.random.default_rng(seed)
    return Places.of(
        45 + 8 * random.random(count), 5 + 9 * random.random(count), [str(n) for n in range(count)]
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(1, 12), st.integers(0, 1000))
def test_neighbours_are_those_of_the_whole_matrix_where_said_to_be_exact(count, k, seed):
    places = scattered(count, seed)
    provider = Crooked(places, seed)
    found = nearest_places(provider, places, "van", k)
    whole = provider.km.copy()
    np.fill_diagonal(whole, np.inf)
    k = min(k, count - 1)
    best = np.sort(whole, axis=1)[:, :k]
    assert found.km[found.is_exact] == pytest.approx(best[found.is_exact])
    assert (found.km >= best - 1e-9).all()
    rows, columns = np.nonzero(found.place >= 0)
    assert whole[rows, found.place[rows, columns]] == pytest.approx(found.km[rows, columns])
    assert np.isinf(found.km[found.place < 0]).all()
    assert (found.place != np.arange(count)[:, None]).all()


def test_far_fewer_pairs_are_asked_for_than_there_are():
    places = scattered(3000, 1)
    provider = Crooked(places, 1)
    found = nearest_places(provider, places, "van", 10)
    assert found.is_exact.mean() > 0.95
    assert provider.asked < 0.5 * 3000**2


def test_many_places_at_one_spot_are_neighbours_of_each_other():
    places = Places.of([50.0] * 30, [8.0] * 30)
    found = nearest_places(GreatCircle(), places, "van", 5)
    assert (found.km == 0).all()
    assert (found.place != np.arange(30)[:, None]).all()


def test_blocks_and_memory_maps_hold_what_the_whole_question_gives(monkeypatch, tmp_path):
    monkeypatch.setattr(matrices, "_VALUES_AT_ONCE", 50)
    one, other = scattered(23, 2), scattered(17, 3)
    whole = GreatCircle().distances(one, other, "rigid")
    rows = [part for part, _ in blocks(GreatCircle(), one, other, "rigid")]
    assert [part.start for part in rows] == list(range(0, 23, 2))
    km = np.lib.format.open_memmap(tmp_path / "km.npy", mode="w+", dtype=np.float32, shape=(23, 17))
    hours = np.empty((23, 17))
    fill_matrices(GreatCircle(), one, other, "rigid", km, hours)
    km.flush()
    assert np.load(tmp_path / "km.npy") == pytest.approx(whole.km, rel=1e-6)
    assert hours == pytest.approx(whole.hours)


def test_any_mode_will_do():
    ports = [stop for stop in terminals().values() if stop.kind == "seaport"][:40]
    places = Places.of([one.lat for one in ports], [one.lon for one in ports])
    found = nearest_places(SeaNetwork(), places, "container_feeder", 3)
    whole = SeaNetwork().distances(places, places, "container_feeder").km
    np.fill_diagonal(whole, np.inf)
    assert found.km[found.is_exact] == pytest.approx(np.sort(whole, axis=1)[found.is_exact, :3])


def test_few_places_and_none():
    assert nearest_places(GreatCircle(), Places.of([50.0], [8.0]), "van").place.shape == (1, 0)
    assert list(blocks(GreatCircle(), Places.of([], []), Places.of([50.0], [8.0]), "van")) == []


def test_wrong_shapes_and_numbers_are_refused():
    places = scattered(3, 1)
    with pytest.raises(InputError) as error:
        fill_matrices(GreatCircle(), places, places, "van", np.empty((2, 3)))
    assert error.value.code == "matrix-shape"
    with pytest.raises(InputError) as error:
        nearest_places(GreatCircle(), places, "van", 0)
    assert error.value.code == "matrix-neighbours"
