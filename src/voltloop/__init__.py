"""voltloop plans, proves and tracks every movement of a battery."""

__version__ = "0.1.0"

__all__ = ["__version__"]
