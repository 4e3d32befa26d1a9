"""The HTTP API: the standard's EPCIS 2.0 resources under ``/epcis``, and voltloop's own beside them."""

from voltloop.server.application import create

__all__ = ["create"]
