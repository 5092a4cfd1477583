"""A folder among an account's files, as a field of a kind."""

from typing import Annotated

from pydantic import AfterValidator

from openconnector.messages import t


def _without_steps(folder: str) -> str:
    parts = folder.strip("/").split("/")
    if {".", ".."} & set(parts) or any(ord(letter) < ord(" ") for letter in folder):
        raise ValueError(
            t("is a path such as `/Reports/2026`, without `.`, `..` and control characters")
        )
    return folder.strip("/")


Folder = Annotated[str, AfterValidator(_without_steps)]
"""A path below the account's own files, kept without slashes at its ends; empty for all of them."""
