"""How many used batteries come back: when and of what age."""

from voltloop.returns.stock_flow import (
    StockFlow,
    StockFlowRules,
    YearStep,
    one_year,
    stock_flow,
    yearly_survival,
)

__all__ = ["StockFlow", "StockFlowRules", "YearStep", "one_year", "stock_flow", "yearly_survival"]
