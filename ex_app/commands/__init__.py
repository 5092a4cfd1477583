"""The commands of Nextcloud's own command line that we answer: `occ openconnector:...`."""

from ex_app.commands.command import Command
from ex_app.commands.run import RUN
from ex_app.commands.safekeeping import BACKUP, RESTORE
from ex_app.commands.status import STATUS
from ex_app.commands.sync import SYNC
from ex_app.commands.tick import TICK

COMMANDS: tuple[Command, ...] = (STATUS, SYNC, RUN, TICK, BACKUP, RESTORE)
"""One line each: they are registered and answered from here."""
