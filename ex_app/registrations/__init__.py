"""Everything we register with Nextcloud: made when the app is enabled, all taken away when it is disabled."""

from ex_app.registrations.commands import OCC_COMMANDS
from ex_app.registrations.entries import Registration
from ex_app.registrations.pages import MENU, SCRIPT, STYLE
from ex_app.registrations.settings_form import SETTINGS_FORM
from ex_app.registrations.webhooks import WEBHOOKS

REGISTRATIONS: tuple[Registration, ...] = (
    MENU,
    SCRIPT,
    STYLE,
    *OCC_COMMANDS,
    SETTINGS_FORM,
    WEBHOOKS,
)
"""One line each; the order is that of registering, and they are taken away in the opposite one."""
