"""What holds a secret does not show it, neither by itself nor inside something else."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.credentials.entries import CredentialFile
from reconciler.oci.registry.credentials.files import Place
from reconciler.oci.registry.credentials.programs import Ran
from reconciler.oci.registry.credentials.secret import CommandSecret
from reconciler.oci.registry.credentials.target import BearerToken, Login
from reconciler.oci.registry.credentials.values import Credential
from reconciler.oci.registry.tokens import TokenRequest, _Token
from reconciler.oci.registry.urls import Url
from reconciler.oci.registry.wire import Kind

SECRET = "s3cret-v4lue"
REALM = Url.parse("https://auth.test/token")
CREDENTIAL = Credential("bob", SECRET, SECRET, SECRET, source="/c.json")
NAMED = re.compile(r"password|(^|_)token$|secret")
HARMLESS = {"Login.password", "BearerToken.token"}
"""Fields that say where a secret is, and do not hold one."""


@pytest.mark.parametrize(
    "value",
    [
        CREDENTIAL,
        TokenRequest(REALM, "registry", ("repository:a:pull",), CREDENTIAL),
        _Token(SECRET, 1.0),
        CredentialFile({"h": CREDENTIAL}),
        Place(None, SECRET),
        Ran(0, SECRET.encode(), SECRET.encode()),
        Login("bob", CommandSecret(("vault", SECRET))),
        BearerToken(CommandSecret(f"vault --token {SECRET}")),
        Call("POST", REALM, Kind.TOKEN, body=f"refresh_token={SECRET}".encode()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_repr_shows_no_secret(value: object) -> None:
    assert SECRET not in f"{value!r} {value} {[value]}"


def test_fields_that_are_called_secret_are_not_shown() -> None:
    shown = {
        f"{kind.__name__}.{field.name}"
        for kind in _dataclasses()
        for field in dataclasses.fields(kind)
        if NAMED.search(field.name) and field.repr
    }
    assert shown <= HARMLESS


def test_search_for_secrets_finds_something() -> None:
    assert {"Credential", "Login", "BearerToken"} <= {kind.__name__ for kind in _dataclasses()}


def _dataclasses() -> Iterator[type]:
    folder = Path(reconciler.__file__).parent
    for module in pkgutil.walk_packages([str(folder)], "reconciler."):
        if not module.name.endswith("__main__"):
            for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if dataclasses.is_dataclass(kind):
                    yield kind
