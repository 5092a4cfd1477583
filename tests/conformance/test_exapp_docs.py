"""What the page for administrators says about registering is what the manifest says."""

import json
import re
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]  # it ships no types

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/exapp.md").read_text()
INFO = etree.parse(ROOT / "appinfo/info.xml")
LEVELS = {"PUBLIC": 0, "USER": 1, "ADMIN": 2}


def test_the_registration_by_hand_declares_the_same_app_and_routes():
    found = re.search(r"--json-info '(\{.*?\})'", PAGE, re.DOTALL)
    assert found is not None
    shown = json.loads(found[1])

    routes = [
        {
            "url": route.findtext("url"),
            "verb": route.findtext("verb"),
            "access_level": LEVELS[route.findtext("access_level")],
            "headers_to_exclude": json.loads(route.findtext("headers_to_exclude")),
        }
        | (
            {"bruteforce_protection": json.loads(penalised)}
            if (penalised := route.findtext("bruteforce_protection"))
            else {}
        )
        for route in INFO.iterfind("external-app/routes/route")
    ]

    assert shown["routes"] == routes
    assert (shown["id"], shown["version"]) == (INFO.findtext("id"), INFO.findtext("version"))


def test_the_translations_speak_about_the_same_texts_in_nextclouds_format():
    languages = {path.stem: json.loads(path.read_text()) for path in (ROOT / "l10n").glob("*.json")}

    assert languages.keys() == {"en", "nl"}
    assert languages["en"]["translations"].keys() == languages["nl"]["translations"].keys()
    assert all("plural=" in language["pluralForm"] for language in languages.values())
