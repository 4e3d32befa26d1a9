import polars as pl
import pytest

from network_cases import small, tables, write
from voltloop.app.network_scenario import check_folder, read_scenario
from voltloop.errors import InputError
from voltloop.findings import Severity
from voltloop.network.scenario import TABLES


def test_what_is_written_is_read_again(tmp_path):
    """A folder gives the same tables as rows in Python."""
    made = small()
    read = read_scenario(write(made, tmp_path / "s"))
    assert not read.findings
    for table in TABLES:
        assert read.scenario.table(table).equals(made.table(table)), table


def messages(folder):
    with pytest.raises(InputError) as caught:
        read_scenario(folder)
    assert caught.value.code == "scenario-invalid"
    return caught.value.message


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_all_mistakes_are_told_at_once(tmp_path):
    """One folder with eight mistakes names all eight, each with file, line and what to do."""
    folder = write(small(), tmp_path / "s", toml='name = "small"\n')
    edit(folder, "sites.csv", "country", "land")
    edit(folder, "supply.csv", "berlin", "berlim")
    edit(folder, "recipes.csv", "black_mass,0.2,t", "black_mass,0.2,pack")
    edit(folder, "recipes.csv", "scrap,0.2,t", "scrap,0.9,t")
    edit(folder, "facilities.csv", "1500.0", "-1500.0")
    edit(folder, "periods.csv", "2028-01-01", "2028-07-01")
    with (folder / "demand.csv").open("a") as file:
        file.write("paris,black_mas,,10,t,0,0,0,0,\nplant,pack,2027,-5,pack,0,,,,\n")
    told = messages(folder)
    for words in (
        'scenario.toml: the setting "currency" is missing',
        'sites.csv: the column "country" is missing',
        'supply.csv, line 2, column "site": "berlim" is not in sites.csv. Did you mean "berlin"?',
        'recipes.csv, line 3, column "unit": the amount is in pack, but black_mass is counted in t',
        'recipes.csv, line 2: a run of "shred" gives 1100 kg and takes 400 kg',
        'facilities.csv, line 2, column "capacity_runs_per_year": "-1500.0" is outside the range',
        "periods.csv, line 3",
        'demand.csv, line 4, column "commodity": "black_mas" is not in commodities.csv. Did you mean "black_mass"?',
        'demand.csv, line 5, column "amount_per_year": "-5" is outside the range',
    ):
        assert words in told, words


def test_demand_that_nothing_reaches(tmp_path):
    made = small()
    folder = write(made, tmp_path / "s")
    with (folder / "sites.csv").open("a") as file:
        file.write("perth,,AU,-31.9,115.9,,\n")
    with (folder / "demand.csv").open("a") as file:
        file.write("perth,black_mass,,10,t,0,0,0,0,\n")
    told = messages(folder)
    assert 'demand.csv, line 4: nothing can bring "black_mass" to "perth"' in told
    assert "1 problem:" in told


@pytest.mark.parametrize(
    ("table", "change", "code"),
    [
        ("periods", {"first_on": None}, "scenario-empty"),
        ("commodities", {"mass_kg_per_unit": 900.0}, "scenario-unit-mass"),
        ("demand", {"unit": "litre"}, "scenario-choice"),
        ("facilities", {"activities": "shred;melt"}, "scenario-unknown"),
    ],
)
def test_one_mistake_one_finding(table, change, code):
    from voltloop.network.checks import check_scenario

    rows = tables()[table]
    kept = [] if code == "scenario-empty" else [*rows[:-1], rows[-1] | change]
    made = small(**{table: kept})
    assert code in {finding.code for finding in check_scenario(made)}


def test_an_output_without_outlet_is_noted():
    from voltloop.network.checks import check_scenario

    made = small(demand=tables()["demand"][:1])
    codes = {finding.code: finding for finding in check_scenario(made)}
    assert codes["scenario-dead-end"].severity is Severity.WARNING
    assert "scenario-supply-cut" in codes
    assert "scenario-demand-cut" not in codes


@pytest.mark.parametrize("text", ["", "\n", "site\x00", "a;b;c\n1;2\n", '"open\n'])
def test_any_text_is_told_not_raised(tmp_path, text):
    folder = write(small(), tmp_path / "s")
    for name in ("sites.csv", "lanes.csv", "periods.csv", "recipes.csv"):
        (folder / name).write_text(text)
    (folder / "scenario.toml").write_text(text)
    assert any(finding.severity is Severity.REJECT for finding in check_folder(folder).findings)


def test_there_is_no_folder(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        check_folder(tmp_path / "none")


def test_amounts_that_are_not_numbers(tmp_path):
    folder = write(small(), tmp_path / "s")
    edit(folder, "supply.csv", "1000.0", "NaN")
    assert 'supply.csv, line 2, column "amount_per_year": "NaN" is not a number' in messages(folder)


def test_small_is_sound():
    from voltloop.network.checks import check_scenario

    assert check_scenario(small()) == []
    assert isinstance(small().sites, pl.DataFrame)
