"""The small form among Nextcloud's own settings, which its search finds: the same settings as ours, a few of them.

A form of a kind Nextcloud does not expect breaks the whole page, so it is made of the plainest fields alone.
"""

import csv
import re
from typing import Any, get_args

from ex_app.registrations.entries import AppApiEntry
from openconnector.definitions.installation import InstallationSettings
from openconnector.kinds.explained import explanations, label

FORM_ID = "openconnector_settings"
PREFIX = "exapp_"
"""Before our keys in the app's configuration, where the PHP app of the same name keeps its own."""

SHOWN = (
    "editor_groups",
    "viewer_groups",
    "notifies",
    "notified_users",
    "notified_groups",
    "keep_runs_days",
    "allowed_networks",
    "log_level",
)
"""The settings that are on the form, in this order."""

WHOLE_NUMBER = re.compile(r"\s*\d{1,9}\s*")
"""What is longer is no setting of ours, and in the end too long for Python."""

Field = dict[str, Any]


def key(name: str) -> str:
    """Return what a setting is called in the app's configuration."""
    return f"{PREFIX}{name}"


def text(value: Any) -> str:
    """Return a setting as Nextcloud keeps it: everything is a text there, and `false` is empty."""
    if isinstance(value, bool):
        return "1" if value else ""
    return ", ".join(map(_quoted, value)) if isinstance(value, list) else str(value)


def value(name: str, given: str) -> Any:
    """Return the setting a text of the form stands for, to be validated like any other; the text itself if none."""
    usual = _usual(name)
    if isinstance(usual, bool):
        return given in {"1", "true"}
    if isinstance(usual, int):
        return int(given) if WHOLE_NUMBER.fullmatch(given) else given
    if isinstance(usual, list):
        return _parts(given)
    return given


def _quoted(part: str) -> str:
    """Return an entry of a list; one that holds a comma, as names of groups may, in quotes as in CSV."""
    is_plain = not {",", '"'} & set(part)
    return part if is_plain else '"' + part.replace('"', '""') + '"'


def _parts(given: str) -> list[str] | str:
    """Return the entries of a list; the text itself when they cannot be told apart."""
    try:
        rows = list(csv.reader(given.splitlines(), skipinitialspace=True, strict=True))
    except csv.Error:
        return given
    return [part.strip() for row in rows for part in row if part.strip()]


def _usual(name: str) -> Any:
    return InstallationSettings.model_fields[name].get_default(call_default_factory=True)


def _field(name: str) -> Field:
    usual = _usual(name)
    about: Field = {
        "id": key(name),
        "title": label(name),
        "description": explanations(InstallationSettings)[name],
        "type": "text",
        "default": text(usual),
    }
    choices = get_args(InstallationSettings.model_fields[name].annotation)
    if isinstance(usual, bool):
        return about | {"type": "checkbox", "default": usual, "label": label(name)}
    if isinstance(usual, int):
        return about | {"type": "number", "default": usual}
    if isinstance(usual, list):
        return about | {"placeholder": 'With commas between; a name that holds one in "quotes"'}
    return about | {"type": "select", "options": list(choices)}


SETTINGS_FORM = AppApiEntry(
    path="ui/settings",
    entry={
        "formScheme": {
            "id": FORM_ID,
            "priority": 50,
            "section_type": "admin",
            "section_id": "ai_integration_team",  # the one for apps outside of PHP that was seen to work
            "title": "OpenConnector",
            "description": "Who may use OpenConnector, who is told, what is kept. Its own page has all settings.",
            "doc_url": "",
            "fields": [_field(name) for name in SHOWN],
        }
    },
    identity={"formId": FORM_ID},
)
