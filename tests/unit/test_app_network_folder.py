"""The network folder: what is read, what is assumed, and what each mistake says."""

from __future__ import annotations

import shutil
from datetime import date, time
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from voltloop.app import network_tables
from voltloop.app.network_folder import Network, init_network, read_network
from voltloop.app.network_tables import dictionary
from voltloop.catalogue.fleet import packagings, vehicle_types
from voltloop.collection import Consistency
from voltloop.errors import InputError

POINTS = "point_id,name,type,country,lat,lon\nP1,Depot street 1,dealer,DE,49.1,9.2\n"
SITES = "site_id,name,kind,country,lat,lon,is_depot\nS1,Hub,collection_hub,DE,49.0,9.0,yes\n"
VEHICLES = "vehicle_type,depot_id,count\nrigid_adr,S1,2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "collection_points.csv").write_text(POINTS)
    (tmp_path / "sites.csv").write_text(SITES)
    (tmp_path / "vehicles.csv").write_text(VEHICLES)
    return tmp_path


def codes(network: Network) -> list[str]:
    return [finding.code for finding in network.findings]


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_network(folder)
    assert caught.value.code == "network-invalid"
    return caught.value.message


def put(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")


class TestReading:
    def test_the_smallest_network_is_filled_in(self, folder: Path) -> None:
        network = read_network(folder)
        point = network.points.row(0, named=True)
        assert (point["opens_at"], point["closes_at"]) == (time(8), time(17))
        assert point["has_forklift"] is False
        assert point["storage_limit_kg"] is None
        assert point["is_plannable"] is True
        assert network.depots["site_id"].to_list() == ["S1"]
        assert network.consents.is_empty()
        assert network.settings.planning_days == 5

    def test_blank_vehicle_cells_take_the_type_and_own_figures_win(self, folder: Path) -> None:
        put(
            folder,
            "vehicles.csv",
            "vehicle_type,depot_id,count,payload_kg\nrigid_adr,S1,1,\nvan_light,S1,1,700\n",
        )
        vehicles = read_network(folder).vehicles
        own = vehicle_types().filter(pl.col("vehicle_type") == "rigid_adr").row(0, named=True)
        assert vehicles["payload_kg"].to_list() == [float(own["payload_kg"]), 700.0]
        assert vehicles["is_adr_equipped"].to_list() == [True, False]
        assert vehicles["shift_start"][0] == time(6)

    def test_absent_drivers_never_have_a_certificate(self, folder: Path) -> None:
        network = read_network(folder)
        assert network.drivers.height == 2
        assert network.drivers["adr_certificate_valid_to"].null_count() == 2
        assert network.drivers["hazmat_training_valid_to"].null_count() == 2
        assert "network-drivers-assumed" in codes(network)

    def test_absent_packagings_are_the_catalogues_without_certified_boxes(self, folder: Path) -> None:
        network = read_network(folder)
        plain = packagings().filter(pl.col("is_certified_critical_box") == "no")
        assert network.packagings["packaging_id"].to_list() == plain["packaging_id"].to_list()
        assert not network.packagings["is_certified_critical_box"].any()
        assert any("without certified boxes" in finding.message for finding in network.findings)

    def test_semicolons_decimal_commas_and_a_byte_order_mark(self, folder: Path) -> None:
        header = "Point_ID;Name;Country;Lat;Lon;Storage_Limit_kg\n"
        text = header + "P1;Łódź 1;PL;51,7592;19,456;1.200,5\nP2;B;de;49,1;9,2;2.000\n"
        (folder / "collection_points.csv").write_bytes(text.encode("utf-8-sig"))
        points = read_network(folder).points
        assert points["lat"].to_list() == [51.7592, 49.1]
        assert points["storage_limit_kg"].to_list() == [1200.5, 2000.0]
        assert points["name"][0] == "Łódź 1"
        assert points["country"].to_list() == ["PL", "DE"]

    def test_numbers_in_a_comma_file(self, folder: Path) -> None:
        put(
            folder,
            "collection_points.csv",
            'point_id,name,country,lat,lon,storage_limit_kg\nP1,A,DE,"49,1","9,2","1,200"\nP2,B,DE,49.1,9.2,1 200.5\n',
        )
        points = read_network(folder).points
        assert points["lat"].to_list() == [49.1, 49.1]
        assert points["storage_limit_kg"].to_list() == [1200.0, 1200.5]

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
    def test_other_encodings(self, folder: Path, encoding: str) -> None:
        (folder / "collection_points.csv").write_bytes(
            POINTS.replace("Depot street", "Müllerstraße").encode(encoding)
        )
        network = read_network(folder)
        assert network.points["name"][0] == "Müllerstraße 1"
        assert ("network-encoding" in codes(network)) == (encoding == "cp1252")

    @pytest.mark.parametrize(
        ("word", "meaning"),
        [("yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False), ("nein", False)],
    )
    def test_yes_and_no(self, folder: Path, word: str, meaning: bool) -> None:
        put(
            folder,
            "collection_points.csv",
            f"point_id,name,country,lat,lon,has_forklift\nP1,A,DE,49,9,{word}\n",
        )
        assert read_network(folder).points["has_forklift"].to_list() == [meaning]

    @pytest.mark.parametrize("word", ["DEU", "Germany", "germany", "de"])
    def test_countries_in_other_words(self, folder: Path, word: str) -> None:
        put(folder, "collection_points.csv", f"point_id,name,country,lat,lon\nP1,A,{word},49,9\n")
        assert read_network(folder).points["country"].to_list() == ["DE"]

    def test_unknown_columns_are_noted_and_mistyped_ones_hinted(self, folder: Path) -> None:
        put(
            folder,
            "collection_points.csv",
            "point_id,name,country,lat,lon,colour,shade,storage_limit\nP1,A,DE,49,9,red,light,5\n",
        )
        messages = [f.message for f in read_network(folder).findings if f.code == "network-column-ignored"]
        assert messages[0] == "collection_points.csv: not known here and ignored: colour, shade."
        assert 'Did you mean "storage_limit_kg"?' in messages[1]

    def test_unknown_words_are_kept_and_noted(self, folder: Path) -> None:
        put(folder, "collection_points.csv", "point_id,name,type,country,lat,lon\nP1,A,deeler,DE,49,9\n")
        network = read_network(folder)
        assert network.points["type"].to_list() == ["deeler"]
        assert 'Did you mean "dealer"?' in network.findings[0].message

    def test_settings(self, folder: Path) -> None:
        put(
            folder,
            "network.toml",
            'planning_days = 3\nholidays = [2026-12-25]\nworking_days = ["Mon", "Sat"]\n'
            'carbon_price_eur_per_t = 85.5\nemergency_phone = "+49 1"\n[carrier]\nname = "C"\ncountry = "DE"\n',
        )
        settings = read_network(folder).settings
        assert (settings.planning_days, settings.carbon_price_eur_per_t) == (3, 85.5)
        assert settings.holidays == (date(2026, 12, 25),)
        assert settings.working_days == ("Mon", "Sat")
        assert (settings.carrier.name, settings.carrier.phone, settings.emergency_phone) == (
            "C",
            None,
            "+49 1",
        )

    def test_unknown_settings_and_currencies_are_told(self, folder: Path) -> None:
        put(folder, "network.toml", 'planing_days = 3\ncurrency = "USD"\n[carrier]\nfax = "1"\n')
        network = read_network(folder)
        messages = [finding.message for finding in network.findings if finding.where == "network.toml"]
        assert 'Did you mean "planning_days"?' in messages[0]
        assert '"USD" is ignored' in messages[1]
        assert "carrier.fax" in messages[2]
        assert (network.settings.planning_days, network.settings.currency) == (5, "EUR")

    def test_drivers_and_consents(self, folder: Path) -> None:
        put(
            folder,
            "drivers.csv",
            "driver_id,depot_id,adr_certificate_valid_to\nD1,S1,2027-03-31\nD2,S1,31.03.2028\n",
        )
        put(
            folder,
            "consents.csv",
            "consent_id,from_country,to_country,waste_codes,consignee_site_id,valid_from,valid_to\n"
            "C1,AT,DE,16 06 07* ; 16 06 08*,S1,2026-01-01,2026-12-31\n",
        )
        network = read_network(folder)
        assert network.drivers["adr_certificate_valid_to"].to_list() == [date(2027, 3, 31), date(2028, 3, 31)]
        assert network.consents["waste_codes"].to_list() == ["16 06 07*;16 06 08*"]


class TestPlaces:
    @pytest.mark.parametrize(
        ("lat", "lon", "code", "hint"),
        [
            ("54.5", "3.0", "network-place-at-sea", ""),
            ("0", "0", "network-place-at-sea", ""),
            ("48.85", "2.35", "network-place-elsewhere", ""),
            ("9.2", "49.1", "network-place", "lat and lon look swapped"),
            ("49.1", "-9.2", "network-place-at-sea", "the sign of lon looks wrong"),
        ],
    )
    def test_a_wrong_place_is_not_planned_but_the_rest_is(
        self, folder: Path, lat: str, lon: str, code: str, hint: str
    ) -> None:
        put(folder, "collection_points.csv", POINTS + f"P2,Lost,dealer,DE,{lat},{lon}\n")
        network = read_network(folder)
        assert network.points["is_plannable"].to_list() == [True, False]
        finding = next(f for f in network.findings if f.code.startswith(code))
        assert finding.where == "collection_points.csv, line 3"
        assert hint in finding.message
        assert network.points["why_not"][1] == finding.message

    def test_border_towns_and_territories_are_believed(self, folder: Path) -> None:
        rows = "P2,Aachen,dealer,DE,50.77,6.06\nP3,San Juan,dealer,US,18.4,-66.06\nP4,Melilla,dealer,ES,35.29,-2.94\n"
        put(folder, "collection_points.csv", POINTS + rows)
        assert read_network(folder).points["is_plannable"].all()

    def test_an_unknown_country_is_not_planned(self, folder: Path) -> None:
        put(folder, "collection_points.csv", POINTS + "P2,Nowhere,dealer,QX,49,9\n")
        network = read_network(folder)
        assert network.points["is_plannable"].to_list() == [True, False]
        assert "network-country-unknown" in codes(network)

    def test_a_network_whose_only_depot_lies_in_the_sea(self, folder: Path) -> None:
        put(folder, "sites.csv", SITES.replace("49.0,9.0", "54.5,3.0"))
        assert "no depot can be planned with" in refused(folder)


class TestDepots:
    def test_without_the_column_hubs_named_by_vehicles_are_depots(self, folder: Path) -> None:
        put(
            folder,
            "sites.csv",
            "site_id,name,kind,country,lat,lon\nS1,A,recycler_preprocess,DE,49,9\nS2,B,recycler_hydromet,DE,50,9\n",
        )
        assert read_network(folder).depots["site_id"].to_list() == ["S1"]

    def test_without_the_column_a_mine_is_no_depot(self, folder: Path) -> None:
        put(folder, "sites.csv", "site_id,name,kind,country,lat,lon\nS1,A,mine,DE,49,9\n")
        message = refused(folder)
        assert '"S1" is a mine' in message

    def test_no_depot_at_all(self, folder: Path) -> None:
        put(folder, "sites.csv", SITES.replace("yes", "no"))
        message = refused(folder)
        assert "has no depot" in message
        assert "is a site, but no depot" in message

    def test_idle_and_unmanned_depots_are_found(self, folder: Path) -> None:
        put(folder, "sites.csv", SITES + "S2,Idle,collection_hub,DE,49.5,9.0,yes\n")
        put(folder, "drivers.csv", "driver_id,depot_id\n")
        assert {"network-depot-idle", "network-depot-no-drivers"} <= set(codes(read_network(folder)))


class TestMistakes:
    @pytest.mark.parametrize(
        ("file", "text", "words"),
        [
            ("vehicles.csv", VEHICLES.replace("rigid_adr", "rigid_add"), ['line 2', '"rigid_add"', 'n "rigid_adr"?']),
            ("vehicles.csv", VEHICLES.replace("S1", "S9"), ["line 2", '"S9" is not a site of sites.csv']),
            ("vehicles.csv", VEHICLES.replace(",2", ",two"), ['column "count": "two" is not a whole number']),
            ("vehicles.csv", VEHICLES.replace(",2", ",-2"), ['"-2" is outside the range; at least 0']),
            ("vehicles.csv", VEHICLES.replace(",2", ",0"), ["vehicles.csv lists no vehicles"]),
            ("vehicles.csv", "vehicle_type,depot_id,count\n", ["vehicles.csv lists no vehicles"]),
            ("vehicles.csv", VEHICLES + "rigid_adr,S1,1\n", ["line 3", "already stand in another line"]),
            ("collection_points.csv", POINTS.replace("49.1", "149.1"), ['column "lat": "149.1"', "from -90 to 90"]),
            ("collection_points.csv", POINTS.replace("49.1", ""), ['column "lat": the cell is empty']),
            ("collection_points.csv", POINTS.replace("49.1", "north"), ['"north" is not a number']),
            ("collection_points.csv", POINTS.replace(",lat", ",latt"), ['"lat" is missing', 'Did you mean "latt"?']),
            ("collection_points.csv", POINTS * 2, ["line 4", '"P1" already stands in line 2']),
            ("collection_points.csv", POINTS.replace("DE", "Germny"), ['"Germny" is not a country', '"Germany"?']),
            ("collection_points.csv", POINTS.replace("49.1", "49,1"), ["7 cells, but the header has 6", "quotation"]),
            ("collection_points.csv", POINTS.splitlines()[0], ["lists no collection points"]),
            ("collection_points.csv", "", ["collection_points.csv is empty"]),
            ("collection_points.csv", "\x00\x01\x02PK", ["is a binary file"]),
            ("sites.csv", SITES.replace("yes", "perhaps"), ['"perhaps" is not yes or no']),
            ("sites.csv", SITES.replace("is_depot", "capacity").replace("yes", "-5"), ['"-5" is outside the range']),
            ("drivers.csv", "driver_id,depot_id\nD1,S7\n", ["drivers.csv, line 2", '"S7" is not a site']),
            ("drivers.csv", "driver_id,depot_id,adr_certificate_valid_to\nD1,S1,03/04/2027\n", ["is not a date"]),
            ("network.toml", "planning_days = 99", ['"99" is outside the range; from 1 to 20']),
            ("network.toml", "planning_days = ", ["network.toml cannot be read"]),
            ("network.toml", 'working_days = ["Moon"]', ['"Moon" is not one of', 'Did you mean "Mon"?']),
        ],
    )  # fmt: skip
    def test_every_mistake_names_the_place_and_what_was_expected(
        self, folder: Path, file: str, text: str, words: list[str]
    ) -> None:
        put(folder, file, text)
        message = refused(folder)
        assert file in message
        for word in words:
            assert word in message

    def test_opening_hours_must_make_sense(self, folder: Path) -> None:
        put(
            folder,
            "collection_points.csv",
            "point_id,name,country,lat,lon,opens_at,closes_at\nP1,A,DE,49,9,17:00,8\n",
        )
        assert '"closes_at" (08:00:00) must be after "opens_at" (17:00:00)' in refused(folder)

    def test_a_consignee_must_be_a_site(self, folder: Path) -> None:
        put(
            folder,
            "consents.csv",
            "consent_id,from_country,to_country,waste_codes,consignee_site_id,valid_from,valid_to\n"
            "C1,AT,DE,16 06 07*,S8,2026-12-31,2026-01-01\n",
        )
        message = refused(folder)
        assert '"valid_to" (2026-01-01) must be after' in message

    def test_several_problems_are_told_together(self, folder: Path) -> None:
        put(folder, "collection_points.csv", POINTS.replace("49.1", "x") + "P1,B,dealer,DE,95,9\n")
        put(folder, "vehicles.csv", VEHICLES.replace("rigid_adr", "lorry"))
        message = refused(folder)
        assert "4 problems" in message
        for word in ('"x"', '"95"', '"P1" already stands', '"lorry"'):
            assert word in message

    def test_no_more_than_twenty_are_listed(self, folder: Path) -> None:
        put(folder, "collection_points.csv", POINTS + "".join(f"Q{n},N,dealer,DE,x,9\n" for n in range(50)))
        message = refused(folder)
        assert message.count("\n  - ") == 20
        assert "and 30 more" in message

    def test_missing_files(self, folder: Path) -> None:
        (folder / "sites.csv").rename(folder / "site.csv")
        message = refused(folder)
        assert "sites.csv is missing" in message
        assert 'Did you mean "site.csv"?' in message

    def test_no_such_folder_and_a_file_in_its_place(self, folder: Path) -> None:
        for place, word in ((folder / "nowhere", "does not exist"), (folder / "sites.csv", "is a file")):
            with pytest.raises(InputError, match=word) as caught:
                read_network(place)
            assert caught.value.code == "no-such-folder"

    def test_two_points_of_one_name_are_noted(self, folder: Path) -> None:
        put(folder, "collection_points.csv", POINTS + "P2,Depot street 1,dealer,DE,49.2,9.2\n")
        assert "network-name-twice" in codes(read_network(folder))


class TestTemplate:
    def test_the_template_is_a_sound_network(self, tmp_path: Path) -> None:
        written = init_network(tmp_path / "new" / "network")
        assert {path.name for path in written} >= set(dictionary()) | {"README.md"}
        network = read_network(tmp_path / "new" / "network")
        assert network.findings == ()
        assert network.depots.height == 1

    def test_it_never_overwrites(self, tmp_path: Path) -> None:
        (tmp_path / "sites.csv").write_text("mine")
        with pytest.raises(InputError, match=r"already has sites\.csv") as caught:
            init_network(tmp_path)
        assert caught.value.code == "folder-not-empty"
        assert [path.name for path in tmp_path.iterdir()] == ["sites.csv"]

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="is a file"):
            init_network(tmp_path / "file")

    def test_half_a_template_is_never_left(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real, calls = Path.write_bytes, []

        def full_disk(self: Path, data: bytes) -> int:
            calls.append(self)
            if len(calls) == 4:
                raise OSError(28, "No space left on device")
            return real(self, data)

        monkeypatch.setattr(Path, "write_bytes", full_disk)
        with pytest.raises(InputError, match="No space left") as caught:
            init_network(tmp_path / "new")
        assert caught.value.code == "folder-not-writable"
        assert not any((tmp_path / "new").iterdir())


class TestDemandsOfTours:
    def test_names_must_stand_where_they_belong(self, folder: Path) -> None:
        put(
            folder,
            "collection_points.csv",
            "point_id,name,country,lat,lon,vehicle_types,usual_driver,empties\n"
            "P1,One,DE,49.1,9.2,van_ligth,D7,lp:1\n",
        )
        put(folder, "drivers.csv", "driver_id,depot_id\nD1,S1\n")
        put(folder, "vehicles.csv", "vehicle_type,depot_id,ends_at,reload_at\nvan_light,S1,S9,S1;S8\n")
        words = refused(folder)
        assert 'line 2, column "vehicle_types": "van_ligth" is not a vehicle type' in words
        assert 'Did you mean "van_light"' in words
        for name in ("D7", "lp", "S9", "S8"):
            assert f'"{name}" is not' in words
        assert '"S1" is not' not in words

    @pytest.mark.parametrize(
        ("column", "cell"),
        [
            ("windows", "08:00"), ("windows", "12:00-08:00"), ("windows", "08:00-12:00;11:00-16:00"),
            ("windows", "08:00-25:00"), ("usual_weekday", "someday"), ("empties", "box:0"), ("empties", "box:1;box:2"),
            ("in_closed_zone", "perhaps"),
        ],
    )  # fmt: skip
    def test_cells_that_cannot_be_read_are_told(self, folder: Path, column: str, cell: str) -> None:
        put(
            folder,
            "collection_points.csv",
            f"point_id,name,country,lat,lon,{column}\nP1,One,DE,49.1,9.2,{cell}\n",
        )
        words = refused(folder)
        assert f'column "{column}": "{cell}" is not' in words

    def test_trainings_may_have_a_last_day(self, folder: Path) -> None:
        put(
            folder,
            "drivers.csv",
            "driver_id,depot_id,trainings\nD1,S1,induction:2027-03-31;tank\nD2,S1,tank:soon\n",
        )
        assert 'line 3, column "trainings": "tank:soon" is not names with their last days' in refused(folder)

    def test_consistency_is_a_setting(self, folder: Path) -> None:
        assert read_network(folder).settings.consistency == Consistency()
        put(folder, "network.toml", "[consistency]\nweekday_eur = 4\n")
        assert read_network(folder).settings.consistency == Consistency(4.0, 0.0)
        put(folder, "network.toml", "[consistency]\nweekday_eur = -4\n")
        assert "weekday_eur" in refused(folder)


class TestDictionary:
    def test_it_agrees_with_the_schemas(self) -> None:
        schemas: dict[str, type[dy.Schema]] = {
            "collection_points.csv": network_tables.PointSchema,
            "sites.csv": network_tables.SiteSchema,
            "vehicles.csv": network_tables.VehicleSchema,
            "drivers.csv": network_tables.DriverSchema,
            "packagings.csv": network_tables.PackagingSchema,
            "consents.csv": network_tables.ConsentSchema,
        }
        for file, schema in schemas.items():
            assert set(dictionary()[file]) == set(schema.column_names()) - {"is_plannable", "why_not"}, file

    def test_vehicle_types_answer_every_default(self) -> None:
        asked = [spec.column for spec in dictionary()["vehicles.csv"].values() if spec.default == "type"]
        assert vehicle_types().select(asked).null_count().sum_horizontal().item() == 0

    def test_every_vehicle_type_can_be_used(self, folder: Path) -> None:
        rows = "".join(f"{name},S1,1\n" for name in vehicle_types()["vehicle_type"])
        put(folder, "vehicles.csv", "vehicle_type,depot_id,count\n" + rows)
        assert read_network(folder).vehicles.height == vehicle_types().height


def test_a_copy_of_the_folder_reads_the_same(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("copy"))
    one, two = read_network(folder), read_network(copy)
    assert one.points.equals(two.points)
    assert one.findings == two.findings
