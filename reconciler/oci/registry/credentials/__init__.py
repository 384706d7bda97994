"""Who we are to a registry: found in files, helpers and a target's own words, and kept by a login.

    values      a credential, and who finds one
    secret      where a target's secret is read from, and reading it
    target      what a target says of itself
    entries     the text of a credential file as values (pure)
    matching    which key of a file means a host, or a part of it (pure)
    helpers     docker-credential-* programs
    programs    running one for a limited time
    files       every file in its order: docker's, podman's
    keeping     what login writes and logout removes

Must never be added: sending anything.
"""

from __future__ import annotations

from reconciler.oci.registry.credentials.values import Anonymous, Credential, CredentialSource

__all__ = ["Anonymous", "Credential", "CredentialSource"]
