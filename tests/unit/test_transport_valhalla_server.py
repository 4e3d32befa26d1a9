"""Against a small server that answers as Valhalla does."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from voltloop.errors import InputError
from voltloop.transport import Places, ValhallaServer, hours


class _Valhalla(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, asked))
        status, body = self.server.answer or (200, self.table(asked))
        with suppress(BrokenPipeError):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def table(self, asked):
        """10 km for each degree of latitude between the points, at 20 km/h; no way to anything south of 0."""
        lines = []
        for row, one in enumerate(asked["sources"]):
            lines.append([])
            for column, other in enumerate(asked["targets"]):
                km = None if min(one["lat"], other["lat"]) < 0 else abs(one["lat"] - other["lat"]) * 10
                time = None if km is None else km / 20 * 3600
                lines[-1].append({"from_index": row, "to_index": column, "distance": km, "time": time})
        return {"sources_to_targets": lines, "units": asked["units"]}

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    fake = ThreadingHTTPServer(("127.0.0.1", 0), _Valhalla)
    fake.asked, fake.answer = [], None
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{fake.server_port}"
    yield fake
    fake.shutdown()
    thread.join()
    fake.server_close()


def test_tables_are_read_and_no_way_is_none(server):
    start, stop = Places.of([50.0, -10.0], [8.0, 8.0]), Places.of([51.0, 60.0], [8.0, 8.0])
    found = ValhallaServer(server.url).distances(start, stop, "rigid")
    assert found.km[0].tolist() == [10.0, 100.0]
    assert found.hours[0, 1] == pytest.approx(max(5.0, hours(100.0, "rigid")))
    assert found.reachable.tolist() == [[True, True], [False, False]]
    assert np.isinf(found.km[1]).all()
    path, asked = server.asked[0]
    assert (path, asked["costing"]) == ("/sources_to_targets", "truck")


def test_large_tables_are_asked_for_in_pieces(server):
    places = Places.of(np.linspace(1, 80, 23), np.full(23, 8.0))
    found = ValhallaServer(server.url, most_places=10).distances(places, places, "van")
    assert len(server.asked) == 25
    assert found.km == pytest.approx(10 * np.abs(places.lat[:, None] - places.lat[None]))
    assert {asked["costing"] for _, asked in server.asked} == {"auto"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            (400, {"error_code": 154, "error": "Path distance exceeds the max distance limit"}),
            "exceeds the max",
        ),
        ((200, {"trip": {}}), "no table"),
        ((200, {"sources_to_targets": [[{"distance": 1}]]}), "no table"),
        ((200, b"not json"), "cannot be used"),
    ],
)
def test_what_the_server_cannot_do_is_said(server, answer, words):
    server.answer = answer
    place = Places.of([50.0], [8.0])
    with pytest.raises(InputError, match=words) as error:
        ValhallaServer(server.url).distances(place, place, "van")
    assert error.value.code == "routing-server-unusable"


def test_a_server_that_is_not_there_is_said():
    place = Places.of([50.0], [8.0])
    with pytest.raises(InputError, match="cannot be used"):
        ValhallaServer("http://127.0.0.1:9").distances(place, place, "van")


@pytest.mark.parametrize("more", [{"url": "localhost"}, {"url": "http://localhost", "most_places": 1}])
def test_addresses_and_sizes_that_cannot_be_are_refused(more):
    with pytest.raises(InputError):
        ValhallaServer(**more)
