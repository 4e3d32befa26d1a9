"""Against a small server that answers as OSRM does."""

import json
import re
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from voltloop.errors import InputError
from voltloop.transport import Places, RoutingServer, hours


class _Osrm(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        behave = self.server.behave
        if behave == "slow":
            time.sleep(1.0)
        status, body = self.server.answers.get(behave) or (200, self.table())
        with suppress(BrokenPipeError):  # the client that gives up does not wait for this
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def table(self):
        """10 km for each degree of latitude between the points, at 60 km/h; no way to anything south of 0."""
        lats = [float(pair.split(",")[1]) for pair in re.search(r"driving/([^?]*)", self.path)[1].split(";")]
        asked = {
            key: [int(number) for number in text.split(";")]
            for key, text in re.findall(r"(\w+)=([\d;]+)", self.path)
        }
        rows, columns = asked["sources"], asked["destinations"]
        metres = [
            [None if min(lats[a], lats[b]) < 0 else abs(lats[a] - lats[b]) * 10_000 for b in columns]
            for a in rows
        ]
        seconds = [[None if value is None else value / 1000 * 60 for value in row] for row in metres]
        off = {number: {"distance": 40_000.0 if lats[number] > 89 else 5.0} for number in range(len(lats))}
        return {
            "code": "Ok",
            "distances": metres,
            "durations": seconds,
            "sources": [off[number] for number in rows],
            "destinations": [off[number] for number in columns],
        }

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    fake = ThreadingHTTPServer(("127.0.0.1", 0), _Osrm)
    fake.asked, fake.behave, fake.answers = [], "well", {}
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{fake.server_port}"
    yield fake
    fake.shutdown()
    thread.join()
    fake.server_close()


def test_table_is_read_in_km_and_hours_and_no_way_is_none(server):
    start, stop = Places.of([50.0, -10.0], [8.0, 8.0]), Places.of([51.0, 60.0, 50.0], [8.0, 8.0, 8.0])
    found = RoutingServer(server.url).distances(start, stop, "van")
    assert found.km[0].tolist() == [10.0, 100.0, 0.0]
    assert found.reachable.tolist() == [[True] * 3, [False] * 3]
    assert np.isinf(found.km[1]).all()
    assert not found.estimated.any()
    assert found.hours[0, 1] == pytest.approx(max(100 / 60, hours(100.0, "van")))


def test_a_truck_is_never_as_fast_as_the_servers_car(server):
    start, stop = Places.of([10.0], [8.0]), Places.of([80.0], [8.0])
    van, artic = (
        RoutingServer(server.url).distances(start, stop, kind).hours[0, 0] for kind in ("van", "artic")
    )
    assert van == pytest.approx(700 / 60)
    assert artic == pytest.approx(max(700 / 60, float(hours(700.0, "artic"))))


def test_large_tables_are_asked_in_pieces_and_come_back_whole(server):
    start, stop = Places.of(np.arange(7.0), np.zeros(7)), Places.of(np.arange(11.0) + 20, np.zeros(11))
    found = RoutingServer(server.url, most_places=6).distances(start, stop, "van")
    assert found.km == pytest.approx(10 * np.abs(start.lat[:, None] - stop.lat[None]))
    assert len(server.asked) == 12
    assert all(path.count(",") - 1 <= 6 for path in server.asked)


def test_a_place_far_from_every_road_is_not_reached(server):
    found = RoutingServer(server.url).distances(Places.of([89.5], [0.0]), Places.of([80.0], [0.0]), "van")
    assert not found.reachable.any()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            (400, {"code": "TooBig", "message": "Too many table coordinates"}),
            "answered 400: Too many table coordinates",
        ),
        ((500, b"<html>broken</html>"), "answered 500: <html>broken"),
        ((200, {"code": "NoTable", "message": "No table found"}), "No table found"),
        ((200, b"hello"), "Expecting value"),
        ((200, {"code": "Ok"}), "no tables of distances"),
        ((200, [1, 2]), "it answered"),
        (
            (
                200,
                {
                    "code": "Ok",
                    "distances": [[1, 2]],
                    "durations": [[1, 2]],
                    "sources": [],
                    "destinations": [],
                },
            ),
            "no tables",
        ),
        (
            (
                200,
                {
                    "code": "Ok",
                    "distances": [[1]],
                    "durations": [[1]],
                    "sources": [{}],
                    "destinations": [{}, {}],
                },
            ),
            "another number",
        ),
    ],
)
def test_every_refusal_is_one_clear_error(server, answer, words):
    server.behave, server.answers = "badly", {"badly": answer}
    with pytest.raises(InputError, match=re.escape(words)) as error:
        RoutingServer(server.url).distances(Places.of([50.0], [8.0]), Places.of([51.0], [8.0]), "van")
    assert error.value.code == "routing-server-unusable"
    assert server.url in error.value.message


def test_a_silent_server_is_given_up(server):
    server.behave = "slow"
    with pytest.raises(InputError, match=r"within 0\.1 s|timed out"):
        RoutingServer(server.url, timeout_s=0.1).distances(
            Places.of([50.0], [8.0]), Places.of([51.0], [8.0]), "van"
        )


def test_no_server_at_all(server):
    closed = ThreadingHTTPServer(("127.0.0.1", 0), _Osrm)
    closed.server_close()
    with pytest.raises(InputError, match="cannot be used"):
        RoutingServer(f"http://127.0.0.1:{closed.server_port}").distances(
            Places.of([50.0], [8.0]), Places.of([51.0], [8.0]), "van"
        )


@pytest.mark.parametrize("url", ["localhost:5000", "", "ftp://example.org", "file:///etc/passwd"])
def test_only_web_addresses_are_taken(url):
    with pytest.raises(InputError) as error:
        RoutingServer(url)
    assert error.value.code == "routing-server-address"


def test_table_of_one_place_is_refused():
    with pytest.raises(InputError):
        RoutingServer("http://localhost", most_places=1)


def test_unknown_vehicle_is_an_error_before_anything_is_asked(server):
    with pytest.raises(InputError):
        RoutingServer(server.url).distances(Places.of([50.0], [8.0]), Places.of([51.0], [8.0]), "horse")
    assert server.asked == []
