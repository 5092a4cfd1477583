"""In whose name a kind asks Nextcloud."""

from pydantic import Field

from openconnector.kinds.explained import Explained


class Acting(Explained):
    """The field every kind has that asks Nextcloud: `reach.host.account(self.acting_user)`."""

    acting_user: str = Field(default="", max_length=64)
    """The account in whose name Nextcloud is asked; it sees and changes what this account may. Left empty, the one the
    synchronization acts for. Only administrators may name somebody else than themselves."""
