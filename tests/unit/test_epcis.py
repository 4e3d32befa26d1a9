"""The room of EPCIS names its public functions and reads a file only when one of them is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import voltloop.epcis


def test_every_public_name_is_there() -> None:
    assert sorted(voltloop.epcis.__all__) == voltloop.epcis.__all__
    assert all(hasattr(voltloop.epcis, name) for name in voltloop.epcis.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        voltloop.epcis.nothing  # noqa: B018


def test_the_validator_is_loaded_without_its_libraries() -> None:
    code = "import sys, voltloop.epcis.validation; print({'jsonschema_rs', 'orjson', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
