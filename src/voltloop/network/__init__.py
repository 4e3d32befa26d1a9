"""The network: which sites, flows and lanes should exist."""

from voltloop.network.answer_tables import Answer
from voltloop.network.checks import check_scenario
from voltloop.network.design import Case, Design, design
from voltloop.network.formulation import Risk
from voltloop.network.scenario import Scenario, scenario_of

__all__ = ["Answer", "Case", "Design", "Risk", "Scenario", "check_scenario", "design", "scenario_of"]
