"""Nextcloud's own data as targets."""

from openconnector.kinds.target import Target

NATIVE_TARGETS: tuple[type[Target], ...] = ()
