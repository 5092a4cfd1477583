"""Where a SQLite file may lie: never on a network file system, whose locks cannot be trusted."""

from pathlib import Path

from openconnector.errors import ConfigurationError

MOUNTS = Path("/proc/self/mounts")
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.rclone",
        "davfs",
        "glusterfs",
        "ceph",
    }
)


def refuse_network_file_system(folder: Path, mounts: Path = MOUNTS) -> None:
    """Raise `ConfigurationError` when the folder lies on a file system that other machines share.

    SQLite says so itself: https://www.sqlite.org/faq.html, question 5.
    """
    kind = _file_system(folder.absolute(), mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise ConfigurationError(
            f"{folder} lies on a network file system ({kind}), where SQLite loses data. "
            "Put the storage on a local disk, or set DATABASE_URL to a PostgreSQL database"
        )


def _file_system(folder: Path, mounts: Path) -> str:
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    found = ("", "")
    for line in lines:
        _, place, kind, *_ = line.split(" ")
        point = place.replace("\\040", " ")
        if folder.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]
