"""``voltloop cost``: what it costs to recycle, take apart, move and restore batteries, and what metal prices do."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.money_lines import AsJson, Plot, numbers, show, words
from voltloop.cli.options import day

if TYPE_CHECKING:
    from voltloop.economics import PriceSet

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_PLANTS_ON = date(2022, 1, 1)

Chemistry = Annotated[
    str,
    typer.Option(
        "--chemistry", metavar="NAMES", help="NMC111, NMC532, NMC622, NMC811, NCA, LFP, LMO, LCO; or all."
    ),
]
Place = Annotated[
    str, typer.Option("--place", metavar="NAMES", help="United States, California, China, Korea; by comma.")
]
Feed = Annotated[
    str, typer.Option("--feed", metavar="WORD", help="What the plant is fed with: cell or pack.")
]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="DATE",
        help="Day of the product prices, YYYY-MM-DD. Default: 2022-01-01, as the plants; with --prices the newest "
        "there.",
    ),
]
Prices = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE", help="Your prices: CSV with item, priced_on, value, currency."),
]


@app.callback()
def cost(  # noqa: PLR0913, PLR0917 - one argument per option
    context: typer.Context,
    chemistry: Chemistry = "all",
    process: Annotated[
        str, typer.Option("--process", metavar="NAMES", help="pyro, hydro, direct; separated by comma.")
    ] = "pyro,hydro,direct",
    place: Place = "United States",
    throughput: Annotated[
        str, typer.Option("--throughput", metavar="T", help="Tonnes of feed a year, one or more by comma.")
    ] = "10000",
    feed: Feed = "cell",
    feed_price: Annotated[
        float | None,
        typer.Option(
            "--feed-price", metavar="USD/KG", help="Paid for feed; below zero a gate fee. Default: usual."
        ),
    ] = None,
    on: On = None,
    prices: Prices = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give cost, revenue and profit of recycling by chemistry, process, place and throughput, in USD per kg of feed.

    Other questions have commands of their own: chain, plant, disassembly, transport, remanufacturing, exposure.

    Example: voltloop cost --chemistry NMC622,LFP --process hydro --place China --throughput 10000,50000
    """
    if context.invoked_subcommand is not None:
        return
    from voltloop.app.cost import recycling_table
    from voltloop.app.cost_charts import cost_charts

    table = recycling_table(
        _chemistries(chemistry),
        words(process, "--process"),
        words(place, "--place"),
        numbers(throughput, "--throughput"),
        _prices(prices, on, _PLANTS_ON),
        feed=feed,
        feed_price_usd_per_kg=feed_price,
    )
    show(table, cost_charts, as_json=as_json, plot=plot)


@app.command("chain")
def chain(  # noqa: PLR0913, PLR0917 - one argument per option
    chemistry: Chemistry = "all",
    process: Annotated[
        str, typer.Option("--process", metavar="NAMES", help="pyro, hydro, direct.")
    ] = "hydro",
    place: Place = "United States",
    throughput: Annotated[
        float, typer.Option("--throughput", metavar="T", help="Tonnes of feed of the plant a year.")
    ] = 10_000.0,
    feed: Feed = "cell",
    pack_kwh: Annotated[float, typer.Option("--pack-kwh", metavar="KWH", help="Energy of the pack.")] = 100.0,
    km: Annotated[str, typer.Option("--km", metavar="KM", help="Distance of each leg, by comma.")] = "805",
    on: On = None,
    prices: Prices = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give who earns what from the collection point to the products, in USD per kg of pack and per kWh.

    Example: voltloop cost chain --chemistry NMC622,LFP --process hydro,direct --km 300
    """
    from voltloop.app.cost import chain_table
    from voltloop.app.cost_charts import cost_charts
    from voltloop.economics import TransportLeg

    table = chain_table(
        _chemistries(chemistry),
        words(process, "--process"),
        words(place, "--place"),
        _prices(prices, on, _PLANTS_ON),
        feed=feed,
        pack_kwh=pack_kwh,
        feed_t_per_yr=throughput,
        legs=[TransportLeg(distance) for distance in numbers(km, "--km")],
    )
    show(table, cost_charts, as_json=as_json, plot=plot)


@app.command("plant")
def plant(  # noqa: PLR0913, PLR0917 - one argument per option
    throughput: Annotated[
        float, typer.Option("--throughput", metavar="T", help="Tonnes through the plant a year.")
    ],
    isbl: Annotated[
        float, typer.Option("--isbl", metavar="USD", help="Equipment inside the battery limits, installed.")
    ],
    raw_materials: Annotated[
        float, typer.Option("--raw-materials", metavar="USD", help="Feed and reagents, a year.")
    ],
    utilities: Annotated[float, typer.Option("--utilities", metavar="USD", help="A year.")],
    effluent: Annotated[float, typer.Option("--effluent", metavar="USD", help="A year.")],
    labor: Annotated[float, typer.Option("--labor", metavar="USD", help="Operating labour, a year.")],
    research: Annotated[
        float, typer.Option("--research", metavar="USD", help="A year; usually 1 % of revenue.")
    ],
    life: Annotated[float, typer.Option("--life", metavar="YEARS", help="Life of the plant.")] = 10.0,
    interest: Annotated[
        float, typer.Option("--interest", metavar="SHARE", help="A year, such as 0.1.")
    ] = 0.10,
    on: Annotated[
        str, typer.Option("--on", metavar="DATE", help="Price date of the amounts.")
    ] = "2022-01-01",
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give the capital and the yearly cost of one plant from its own figures.

    Example: voltloop cost plant --throughput 10000 --isbl 60449794.643 --raw-materials 20108425 --utilities 320913
    --effluent 298587 --labor 2342093 --research 661391
    """
    from voltloop.app.cost import plant_table
    from voltloop.app.cost_charts import cost_charts
    from voltloop.economics import plant_finance

    found = plant_finance(
        throughput_t_per_yr=throughput,
        isbl_usd=isbl,
        raw_materials_usd_per_yr=raw_materials,
        utilities_usd_per_yr=utilities,
        effluent_usd_per_yr=effluent,
        operating_labor_usd_per_yr=labor,
        rd_usd_per_yr=research,
        plant_life_yr=life,
        interest_rate=interest,
        priced_on=day(on, "--on"),
    )
    show(plant_table(found), cost_charts, as_json=as_json, plot=plot)


@app.command("disassembly")
def disassembly(
    chemistry: Chemistry = "all",
    pack_kwh: Annotated[float, typer.Option("--pack-kwh", metavar="KWH", help="Energy of the pack.")] = 100.0,
    depth: Annotated[str, typer.Option("--depth", metavar="WORD", help="module or cell.")] = "cell",
    method: Annotated[
        str, typer.Option("--method", metavar="NAMES", help="manual, robot_cell.")
    ] = "manual,robot_cell",
    packs: Annotated[
        float | None, typer.Option("--packs", metavar="N", help="Packs a year. Default: 29,330.")
    ] = None,
    wage: Annotated[float | None, typer.Option("--wage", metavar="USD/H", help="Default: 50.")] = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give times and cost of taking packs apart, by hand or in a robot cell.

    Example: voltloop cost disassembly --chemistry NMC622 --pack-kwh 60 --depth module
    """
    from voltloop.app.cost import disassembly_table
    from voltloop.app.cost_charts import cost_charts

    table = disassembly_table(
        _chemistries(chemistry),
        pack_kwh=pack_kwh,
        depth=depth,
        packs_per_yr=packs,
        wage_usd_per_h=wage,
        methods=words(method, "--method"),
    )
    show(table, cost_charts, as_json=as_json, plot=plot)


@app.command("transport")
def transport(
    km: Annotated[str, typer.Option("--km", metavar="KM", help="Distance of each leg, by comma.")] = "805",
    truck: Annotated[str, typer.Option("--truck", metavar="WORD", help="heavy or medium.")] = "heavy",
    plain: Annotated[bool, typer.Option("--plain", help="Not dangerous goods, such as metal salts.")] = False,
    place: Place = "United States",
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give the cost of bringing feed to a recycler, freight and packaging, in USD per kg of feed.

    Example: voltloop cost transport --km 100,500,1000
    """
    from voltloop.app.cost import transport_table
    from voltloop.app.cost_charts import cost_charts
    from voltloop.economics import TransportLeg

    legs = [TransportLeg(distance, truck, not plain) for distance in numbers(km, "--km")]
    show(transport_table(legs, words(place, "--place")), cost_charts, as_json=as_json, plot=plot)


@app.command("remanufacturing")
def remanufacturing(  # noqa: PLR0913, PLR0917 - one argument per option
    price: Annotated[float, typer.Option("--price", metavar="EUR", help="Of the restored pack.")],
    core: Annotated[float, typer.Option("--core", metavar="EUR", help="Paid for the old pack.")] = 0.0,
    logistics: Annotated[float, typer.Option("--logistics", metavar="EUR", help="Per pack.")] = 0.0,
    warranty: Annotated[
        float, typer.Option("--warranty", metavar="EUR", help="Reserve per pack sold.")
    ] = 0.0,
    modules: Annotated[int, typer.Option("--modules", metavar="N", help="Modules in a pack.")] = 16,
    state: Annotated[
        str, typer.Option("--state", metavar="NAMES", help="Quality states, 1 good to 3 bad.")
    ] = "1,2,3",
    on: On = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give the margin of a restored pack by the quality state of its core, line by line, in EUR.

    Example: voltloop cost remanufacturing --price 6000 --core 800 --warranty 350
    """
    from voltloop.app.cost import remanufacturing_table
    from voltloop.app.cost_charts import cost_charts

    priced = _prices(None, on, _today())
    table = remanufacturing_table(
        words(state, "--state"),
        price_eur=price,
        core_eur=core,
        logistics_eur=logistics,
        warranty_reserve_eur=warranty,
        modules=modules,
        eur_per_usd=priced.eur_per_usd,
        priced_on=priced.on,
    )
    show(table, cost_charts, as_json=as_json, plot=plot)


@app.command("exposure")
def exposure(  # noqa: PLR0913, PLR0917 - one argument per option
    chemistry: Annotated[str, typer.Option("--chemistry", metavar="NAME", help="Of the lot.")] = "NMC622",
    tonnes: Annotated[float, typer.Option("--tonnes", metavar="T", help="Of feed.")] = 100.0,
    process: Annotated[
        str, typer.Option("--process", metavar="WORD", help="pyro, hydro or direct.")
    ] = "hydro",
    feed: Feed = "pack",
    payable: Annotated[
        float, typer.Option("--payable", metavar="SHARE", help="Paid of the value, 0 to 1.")
    ] = 1.0,
    years: Annotated[float, typer.Option("--years", metavar="YEARS", help="Look ahead.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the simulation.")] = 1,
    on: On = None,
    prices: Prices = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give what metal prices do to the value of a lot, with prices that move together, in EUR.

    Example: voltloop cost exposure --chemistry NMC622 --tonnes 500 --payable 0.75 --on 2026-11-24
    """
    from voltloop.app.cost import chemistry_named
    from voltloop.app.cost_charts import cost_charts
    from voltloop.app.exposure import exposure_table

    table = exposure_table(
        chemistry_named(chemistry),
        tonnes,
        _prices(prices, on, _today()),
        process=process,
        feed=feed,
        horizon_yr=years,
        seed=seed,
        payable=payable,
    )
    show(table, cost_charts, as_json=as_json, plot=plot)


def _prices(path: Path | None, on: str | None, otherwise: date) -> PriceSet:
    """Give the prices of a day: the one named, else the newest of a table of the user's own, else ``otherwise``."""
    from voltloop.app.money_table import read_prices
    from voltloop.economics import price_set

    table = read_prices(path)
    if on is not None:
        return price_set(table, on=day(on, "--on"))
    newest = table["priced_on"].max() if table is not None and "priced_on" in table.columns else None
    return price_set(table, on=newest or otherwise)


def _today() -> date:
    return datetime.now().astimezone().date()


def _chemistries(text: str) -> list[str]:
    from voltloop.app.cost import CHEMISTRIES, chemistry_named

    if text.strip() == "all":
        return list(CHEMISTRIES)
    return [chemistry_named(word) for word in words(text, "--chemistry")]
