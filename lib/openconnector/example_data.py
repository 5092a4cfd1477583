"""The data of the examples, which come with the program."""

from pathlib import Path
from typing import Any

import orjson

from openconnector.errors import ConfigurationError


def folder() -> Path:
    """Return the folder of the examples: in the package where installed, beside it in a checkout."""
    package = Path(__file__).parent
    for place in (package / "examples", package.parent.parent / "examples"):
        if place.is_dir():
            return place
    raise ConfigurationError(
        "This installation has no examples; they are part of the source code, in the folder examples"
    )


def earthquakes() -> list[Any]:
    """Return one week of earthquakes, as GeoJSON features. It reads a file."""
    collection = orjson.loads((folder() / "earthquakes" / "earthquakes.json").read_bytes())
    features: list[Any] = collection["features"]
    return features
