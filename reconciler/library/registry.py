"""The object that a program holds: a registry or a directory, opened once, safe to use from several threads.

Decided here: what may be said when it is opened. Must never be added: a method that asks something; those
stand in the modules beside this one, by what they do.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from reconciler.compose import Connection, Surroundings
from reconciler.library import opening
from reconciler.library.finding import Finding
from reconciler.library.projects import Projects
from reconciler.library.reading import Reading
from reconciler.library.writing import Writing
from reconciler.oci.registry.notices import Notices
from reconciler.oci.registry.settings import JOBS, RETRIES, TIMEOUT_S
from reconciler.sync.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.library.arguments import PathLike
    from reconciler.oci.registry.credentials.values import Credential
    from reconciler.sync.progress import Progress


class Registry(Reading, Finding, Writing, Projects):
    """A registry over HTTP, or OCI image layouts below a directory; `open` makes one.

    Every method raises `reconciler.errors.PalletError` or one of its kinds for whatever goes wrong outside,
    prints nothing, and may be called from several threads.

    An *artifact* is a reference such as `workflows/plan:1.2.0`, `workflows/plan@^1.2` or one with a digest,
    with or without the registry in front; or what `search`, `select` or `resolve` gave, which is meant by its
    digest. Names of repositories have no prefix of the target.
    """

    @classmethod
    def open(
        cls,
        where: str | None = None,
        *,
        project: PathLike | None = None,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        ca: PathLike | None = None,
        client_certificate: PathLike | None = None,
        client_key: PathLike | None = None,
        insecure: bool | None = None,
        profile: str | None = None,
        concurrency: int | None = None,
        private_storage: Sequence[str] | None = None,
        jobs: int = JOBS,
        retries: int = RETRIES,
        timeout_s: float = TIMEOUT_S,
        catalog: str | None = None,
        notices: Callable[[str], None] | None = None,
        progress: Progress | None = None,
        stop: Stop | None = None,
        directory: PathLike = ".",
        environment: Mapping[str, str] | None = None,
        home: PathLike | None = None,
    ) -> Self:
        """Open a registry; nothing is asked of it yet.

        Args:
            where: `localhost:5000/acme`, a URL, `oci-layout:DIRECTORY`, or a target's name; None for the
                project's default target. A bare loopback host means http, any other https.
            project: a pallet.toml or its folder, whose targets, kinds, name, holds and catalog count; with
                None no pallet.toml is looked for.
            username: with `password`: who we are, instead of what the target, files and helpers say.
            password: see `username`.
            token: a bearer token that is sent as it is, instead of `username` and `password`.
            ca: authorities to trust beside the system's, in PEM.
            client_certificate: who we are to a server that asks for a certificate, in PEM.
            client_key: its key; None where the certificate's file holds it too.
            insecure: whether the certificate is not verified, and credentials may go over http.
            profile: what is known of the registry, by name; None for what its host tells.
            concurrency: requests in flight; None for what the profile says.
            private_storage: hosts and networks, in a private network, to which a public registry may redirect
                for content; no credential is sent there.
            jobs: how many artifacts at once, 1 to 256.
            retries: how often a failed request is sent again.
            timeout_s: how long the registry may be silent, in seconds.
            catalog: the repository of the published catalog; "" for none; None for what pallet.toml says, and
                without a project for `catalog`.
            notices: hears, once each, what the registry warns of; None for nobody.
            progress: hears of the steps of long methods; None for nobody.
            stop: ends long methods, and pauses between retries, when it is requested.
            directory: what relative paths start from, here and in every method.
            environment: instead of this process's: the place of credential files, caches and secrets.
            home: instead of this user's.

        Raises:
            UsageError: an argument cannot be; no text holds a secret.
            ConfigError: the pallet.toml is invalid or not there, or a certificate cannot be used.
        """
        folder = Path(directory).absolute()
        place = opening.choose_place(where, _below(folder, project), folder)
        given = opening.Given(
            ca=_below(folder, ca),
            client_certificate=_below(folder, client_certificate),
            client_key=_below(folder, client_key),
            insecure=insecure,
            profile=profile,
            concurrency=concurrency,
            private_storage=opening.read_storage(private_storage),
        )
        credential = opening.read_credential(username, password, token)
        connection = opening.check_connection(Connection(jobs, retries, timeout_s))
        around = _surround(place.root, connection, environment, home, stop, notices, credential)
        place = replace(place, target=opening.with_given(place.target, given, credential))
        chosen = opening.choose_catalog(catalog, place.config)
        return cls(opening.open_at(place, around, folder, catalog=chosen, progress=progress))


def _surround(
    root: Path,
    connection: Connection,
    environment: Mapping[str, str] | None,
    home: PathLike | None,
    stop: Stop | None,
    notices: Callable[[str], None] | None,
    credential: Credential | None,
) -> Surroundings:
    """Return what no target says; of the process what is not given."""
    return Surroundings(
        root,
        connection,
        os.environ if environment is None else environment,
        Path.home() if home is None else Path(home),
        stop or Stop(),
        None if notices is None else Notices(notices),
        credential,
    )


def _below(folder: Path, path: PathLike | None) -> Path | None:
    return None if path is None else folder / path
