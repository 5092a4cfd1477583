"""The target kinds and their registry."""

from openconnector.kinds.registry import Registry
from openconnector.kinds.target import Target
from openconnector.targets.object_store import ObjectStoreTarget
from openconnector.targets.rest import RestTarget

TARGETS: Registry[Target] = Registry("target", RestTarget, ObjectStoreTarget)
