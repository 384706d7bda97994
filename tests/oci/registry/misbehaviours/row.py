"""One row of the table: with this fault, doing that succeeds all the same, or fails with such an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.errors import PalletError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.profiles import GENERIC, Profile
from tests.oci.registry.scene import LOGIN, Scene
from tests.support.scripted_registry import Fault

FOR_EVER = 10**9


@dataclass(frozen=True)
class Row:
    """What is done, and what comes of it."""

    does: Callable[[Scene], None]
    raises: type[PalletError] | None = None
    """None where it succeeds all the same."""
    text: str = "."
    """A part of the error's text, as a regular expression."""
    times: int = FOR_EVER
    """How often the fault is shown."""
    also: tuple[Fault, ...] = ()
    """Faults beside it."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many requests of a kind it takes, the first 401 included; kinds that are not named do not matter."""
    pauses_s: tuple[float, ...] | None = None
    bearer: bool = False
    """Whether the registry wants tokens; else it wants the password itself."""
    credential: Credential = LOGIN
    profile: Profile = GENERIC
    turned: Mapping[str, object] = field(default_factory=dict)
    """Fields of the registry that are set otherwise."""
    never_shown: bool = False
    """The client does not do what would provoke it."""
    token_server_elsewhere: bool = False
    """The one foreign place that may see the password is the token server, at /token."""


Table = Mapping[Fault, tuple[Row, ...]]

BROKEN = "the connection broke|broke off"
"""What a text says of a connection that ended too early."""
