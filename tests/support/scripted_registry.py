"""The registry of the tests under its short name; see `tests.support.registry_fake`."""

from tests.support.registry_fake.contents import Held, digest_of
from tests.support.registry_fake.faults import Fault
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.registry import ScriptedRegistry
from tests.support.registry_fake.server import ScriptedServer

__all__ = ["Fault", "Held", "Reply", "Request", "ScriptedRegistry", "ScriptedServer", "digest_of", "problem"]
