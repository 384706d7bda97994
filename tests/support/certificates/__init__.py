"""The paths of the tests' certificates; README.md beside this says what each of them is."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
CA: Final = FOLDER / "ca.pem"
OTHER_CA: Final = FOLDER / "other-ca.pem"
SERVER: Final = FOLDER / "server.pem"
SERVER_KEY: Final = FOLDER / "server.key"
CLIENT: Final = FOLDER / "client.pem"
CLIENT_KEY: Final = FOLDER / "client.key"
TOKEN: Final = FOLDER / "token.pem"
TOKEN_KEY: Final = FOLDER / "token.key"


def server_context(*, wants_client: bool = False) -> ssl.SSLContext:
    """Return what a server on loopback speaks TLS with; it may insist on a client certificate of `CA`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SERVER, SERVER_KEY)
    if wants_client:
        context.load_verify_locations(CA)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
