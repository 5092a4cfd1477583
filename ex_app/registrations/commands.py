"""The commands of ours that Nextcloud's command line offers."""

from ex_app.commands import COMMANDS
from ex_app.registrations.entries import AppApiEntry

OCC_COMMANDS = tuple(
    AppApiEntry(path="occ_command", entry=command.entry, identity={"name": command.full_name})
    for command in COMMANDS
)
