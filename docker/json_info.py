#!/usr/bin/env python3
"""Print what AppAPI has to know of an app that is started by hand, from `appinfo/info.xml`.

`APP_SECRET` in the environment is the secret both sides share; `APP_PORT` and `DAEMON` say where it runs.
It stands alone and uses the standard library only.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

MANIFEST = Path(__file__).parents[1] / "appinfo" / "info.xml"
LEVELS = {"PUBLIC": 0, "USER": 1, "ADMIN": 2}


def json_info(manifest: Path, environment: Mapping[str, str]) -> dict[str, object]:
    """Return what `occ app_api:app:register --json-info` takes. Ends the process when the secret is missing."""
    secret = environment.get("APP_SECRET")
    if not secret:
        raise SystemExit("APP_SECRET is not set: give the one the app is started with")
    info = ET.parse(manifest)  # noqa: S314  our own file
    return {
        "id": info.findtext("id"),
        "name": info.findtext("name"),
        "version": info.findtext("version"),
        "daemon_config_name": environment.get("DAEMON") or "manual_install",
        "secret": secret,
        "port": int(environment.get("APP_PORT") or 23000),
        "routes": [_route(route) for route in info.iterfind("external-app/routes/route")],
    }


def _route(route: ET.Element) -> dict[str, object]:
    found = {
        part.tag: json.loads(part.text or "[]")
        for part in route
        if part.text and part.text[0] == "["
    }
    return {
        **{part.tag: part.text for part in route},
        **found,  # AppAPI takes lists as lists here, and as texts in the manifest
        "access_level": LEVELS[route.findtext("access_level") or "ADMIN"],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_info(MANIFEST, os.environ)))
