"""The scripted server of the tests under its short name; see `tests.support.registry_fake`."""

from tests.support.registry_fake.messages import Reply, Request, Rule
from tests.support.registry_fake.server import ScriptedServer

__all__ = ["Reply", "Request", "Rule", "ScriptedServer"]
