"""What may stand in a header (RFC 9110, section 5): nothing that could begin another one."""

import re

from pydantic import SecretStr

from openconnector.messages import t

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VISIBLE = re.compile(r"[\x20-\x7e]*")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def checked_name(name: str) -> str:
    """Return the name. Raises `ValueError` when it is no header name."""
    if not NAME.fullmatch(name):
        raise ValueError(t("is no header name: only letters, digits and hyphens may stand in it"))
    return name


def checked_value(value: str) -> str:
    """Return the value. Raises `ValueError`, which does not repeat it, when a header cannot hold it."""
    if not VALUE.fullmatch(value):
        raise ValueError(t("cannot stand in a header: only printable characters on one line can"))
    return value


def checked_secret(secret: SecretStr) -> SecretStr:
    """Return the secret. Raises `ValueError`, which does not repeat it, when a header cannot hold it."""
    if not VISIBLE.fullmatch(secret.get_secret_value()):
        raise ValueError(t("cannot stand in a header: only ASCII characters on one line can"))
    return secret
