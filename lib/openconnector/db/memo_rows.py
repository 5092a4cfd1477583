"""The tables of what runs remember of their sources."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from openconnector.db.rows import Base


class PageMemoRow(Base):
    """What a whole page came to: the same bytes under the same definitions come to the same again.

    It holds as long as no contract of the synchronization was changed since, which `epoch` tells.
    """

    __tablename__ = "page_memo"

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """The page's place in the read."""
    digest: Mapped[bytes]
    """Of the page's bytes and of everything that decides what they come to."""
    epoch: Mapped[int]
    found: Mapped[int]
    seen: Mapped[bytes]


class ContractEpochRow(Base):
    """Counted up whenever a contract that was there before is changed; new contracts do not count."""

    __tablename__ = "contract_epoch"

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    epoch: Mapped[int]


class PartMemoRow(Base):
    """What a part of a source, such as a file, came to while it had a certain version."""

    __tablename__ = "part_memo"

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Hash of the part's key."""
    digest: Mapped[bytes]
    """Of the part's version and of everything that decides what its records come to."""
    run_id: Mapped[str] = mapped_column(String(36))
    """The last run that came across the part."""
    found: Mapped[int]
    skipped: Mapped[int]
    """Records among them that the conditions leave out."""
    seen: Mapped[bytes]
    note: Mapped[bytes]
    """What the source noted with it, sealed: names of files tell of people."""
