"""The days that one plan may cover: those on which the law stays as it is."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from voltloop.app.due import planning_days
from voltloop.app.network_folder import Network
from voltloop.compliance import Rulebook, mode_between
from voltloop.errors import RulebookError
from voltloop.findings import Finding, make

__all__ = ["days_of_one_law"]


def days_of_one_law(
    network: Network, rulebook: Rulebook, days: tuple[date, ...]
) -> tuple[tuple[date, ...], date | None, tuple[Finding, ...]]:
    """Cut the planning days before the first on which another edition of any law applies.

    So every load travels under the editions that its verdict names; what lies behind the change is left to a plan of
    its own. The second value is the day on which onward loads leave, None when the law has changed by then.

    Raises
    ------
    RulebookError
        No edition covers the first day.
    """
    countries = network.depots["country"].unique().sort().to_list()
    modes = sorted(
        {mode for mode in (mode_between(country, country) for country in countries) if mode is not None}
    )

    def editions(day: date) -> set[str]:
        chains = [rulebook.chain(mode, day) for mode in (*modes, "border_eu")]
        return {edition.name for chain in chains for edition in chain.editions.values()}

    def other(day: date) -> set[str]:
        try:
            return editions(day) - law
        except RulebookError:
            return {"no edition"}

    law = editions(days[0])
    kept = tuple(itertools.takewhile(lambda day: not other(day), days))
    onward_on = _day_after(kept, network)
    new = next((found for day in (*days, onward_on) if (found := other(day))), None)
    if new is None:
        return kept, onward_on, ()
    finding = make("law-changes", where=f"days after {kept[-1]}", value=", ".join(sorted(new)))
    return kept, None if other(onward_on) else onward_on, (finding,)


def _day_after(days: tuple[date, ...], network: Network) -> date:
    settings = network.settings
    following = planning_days(days[-1] + timedelta(days=1), 1, settings.working_days, settings.holidays)
    return following[0] if following else days[-1] + timedelta(days=1)
