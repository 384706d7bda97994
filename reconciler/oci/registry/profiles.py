"""What is known of registries before the first request: one table, overridden by what is learnt.

A profile says only how a registry is asked, never what is published there. Registries that people
host themselves have no host name to know them by: a target may name its profile.
Sources: the registries' documentation and issue threads, as of September 2026.
Must never be added: code for one registry; a difference is a field that any profile may have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Profile:
    """How a registry wants to be asked."""

    name: str
    hosts: tuple[str, ...] = ()
    """Patterns of host names, without a port."""
    single_post: bool = False
    """Takes a blob with one POST; elsewhere 202 says that the body was ignored."""
    chunks: bool = True
    """Takes a blob in several PATCHes."""
    chunk_min_bytes: int = 0
    chunk_max_bytes: int | None = None
    trusts_range: bool = True
    """Whether `Range` says what has arrived; ECR's stays at the first chunk."""
    mounts: bool = True
    """Takes a blob from another repository of its own."""
    referrers: bool | None = None
    """Has the referrers API; None where only asking tells."""
    multi_tag: bool = False
    """Sets several tags with one PUT and answers `OCI-Tag`."""
    page_size: int = 1000
    """Tags asked for at once; ECR refuses more than 1000."""
    concurrency: int | None = None
    """Requests at once; None for as many as the run has jobs."""
    requests_per_s: float | None = None
    hides_absent: bool = False
    """Answers 401 or 403 for a repository that does not exist."""
    create_fix: str | None = None
    """What to do where a repository must exist before the first push."""
    throttles_with_403: bool = False
    """Answers 403 where others answer 429."""


GENERIC: Final = Profile("generic")

PROFILES: Final = (
    Profile("docker-hub", ("docker.io", "index.docker.io", "registry-1.docker.io"), concurrency=3),
    Profile(
        "ghcr",
        ("ghcr.io",),
        # A ranged PATCH above 4 MiB is answered with 416, which means 413 there.
        chunk_max_bytes=4 * _MIB - 100 * 1024,
        referrers=False,
        concurrency=3,
        throttles_with_403=True,
    ),
    Profile(
        "ecr",
        ("*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr.*.amazonaws.com.cn", "*.dkr.ecr-fips.*.amazonaws.com"),
        chunk_min_bytes=5 * _MIB,
        chunk_max_bytes=10 * _MIB,
        trusts_range=False,
        concurrency=3,
        create_fix="create it: aws ecr create-repository --repository-name {repository}",
    ),
    Profile(
        "ecr-public",
        ("public.ecr.aws",),
        chunks=False,
        mounts=False,
        concurrency=3,
        create_fix="create it: aws ecr-public create-repository --region us-east-1 "
        "--repository-name {repository}",
    ),
    Profile("gar", ("*.pkg.dev", "gcr.io", "*.gcr.io"), chunks=False, mounts=False, concurrency=4),
    Profile("acr", ("*.azurecr.io",), chunk_max_bytes=20 * _MIB, referrers=True, concurrency=3),
    Profile(
        "quay",
        ("quay.io",),
        page_size=100,
        concurrency=3,
        requests_per_s=10.0,
        hides_absent=True,
    ),
    Profile("gitlab", ("registry.gitlab.com",), referrers=False, concurrency=3),
    Profile("harbor"),
    Profile("artifactory", ("*.jfrog.io",), single_post=True, hides_absent=True),
    Profile("nexus"),
    Profile("zot", single_post=True, referrers=True, multi_tag=True),
    Profile("distribution"),
    GENERIC,
)

BY_NAME: Final = {profile.name: profile for profile in PROFILES}


def choose_profile(host: str, *, name: str | None = None, concurrency: int | None = None) -> Profile:
    """Return what is known of a registry: by the profile's name, else by the host's.

    Args:
        concurrency: requests at once, where somebody knows better than the profile.

    Raises:
        KeyError: there is no profile of that name.
    """
    profile = BY_NAME[name] if name is not None else find_profile(host)
    return profile if concurrency is None else replace(profile, concurrency=concurrency)


def find_profile(host: str) -> Profile:
    """Return the profile of a registry by its host name; a port, if any, does not matter."""
    name = host.lower().rpartition("]")[2] if host.startswith("[") else host.lower().partition(":")[0]
    for profile in PROFILES:
        if any(fnmatchcase(name, pattern) for pattern in profile.hosts):
            return profile
    return GENERIC
