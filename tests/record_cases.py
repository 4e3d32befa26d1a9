"""A small plan of its own folder, for the tests that record plans and steps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app_cases import ON, random_list, template_network
from voltloop.app.groundwork import Search
from voltloop.app.plan_folder import Job, plan_into
from voltloop.transport import GreatCircle

__all__ = ["plan_folder"]


def plan_folder(folder: Path, seed: int = 7, count: int = 40, on: date = ON) -> Path:
    """Plan a random list over the template of a network, and give the plan's folder."""
    network = template_network(folder / f"network-{seed}")
    sites = network.points["name"].to_list()[:6]
    returns = folder / f"returns-{seed}.csv"
    returns.write_bytes(random_list(seed, sites, count))
    target = folder / f"plan-{seed}"
    job = Job(returns, folder / f"network-{seed}", on, Search(seed, 1.0, None, 1), provider=GreatCircle())
    plan_into(job, target, lambda *_: None)
    return target
