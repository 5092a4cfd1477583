"""The form among Nextcloud's settings: plain fields alone, and nothing secret."""

import pytest

from ex_app.registrations import REGISTRATIONS
from ex_app.registrations.settings_form import SETTINGS_FORM, SHOWN, key, text, value
from openconnector.definitions.installation import InstallationSettings, validated
from openconnector.errors import InvalidInput

FORM = SETTINGS_FORM.entry["formScheme"]


def test_the_form_is_registered_and_holds_plain_fields_that_explain_themselves():
    assert SETTINGS_FORM in REGISTRATIONS
    assert [one["id"] for one in FORM["fields"]] == [f"exapp_{name}" for name in SHOWN]
    assert {one["type"] for one in FORM["fields"]} == {"text", "number", "checkbox", "select"}
    assert not any(one.get("sensitive") for one in FORM["fields"])
    assert all(one["title"] and one["description"] for one in FORM["fields"])


def test_a_select_offers_what_the_setting_takes():
    [level] = [one for one in FORM["fields"] if one["id"] == key("log_level")]

    for choice in level["options"]:
        assert validated({"logLevel": choice}).log_level == choice


@pytest.mark.parametrize("name", SHOWN)
def test_every_setting_comes_back_from_its_text(name: str):
    settings = InstallationSettings(
        editor_groups=["a", "b c", "Sales, EU", 'the "others"'],
        viewer_groups=["d"],
        notified_users=["e"],
        notified_groups=["f"],
        allowed_networks=["10.0.0.0/8:443", "192.168.1.7"],
        notifies=False,
        keep_runs_days=7,
        log_level="error",
    )

    for given in (settings, InstallationSettings()):
        wanted = getattr(given, name)
        assert value(name, text(wanted)) == wanted


@pytest.mark.parametrize("given", ['"Sales, EU', '"a" b', "x" * 200_000])
def test_a_list_that_cannot_be_taken_apart_is_handed_on_to_be_refused(given: str):
    with pytest.raises(InvalidInput, match="editorGroups"):
        validated({"editorGroups": value("editor_groups", given)})


@pytest.mark.parametrize("given", ["", "soon", "-7", "7.5", "9" * 5_000])
def test_what_is_no_number_of_days_is_handed_on_to_be_refused(given: str):
    with pytest.raises(InvalidInput, match="keepRunsDays"):
        validated({"keepRunsDays": value("keep_runs_days", given)})
