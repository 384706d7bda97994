"""Bad input in pallet.toml and in what it names: every problem, in exactly these words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.desired.config import (
    FieldCreated,
    FieldVersion,
    FileVersion,
    GitCreated,
    LiteralVersion,
    Policy,
    Target,
)
from reconciler.desired.config_reader import CONFIG_MAX_BYTES, find_config, read_config
from reconciler.desired.kinds.kind_reader import builtin_kinds, say_names
from reconciler.desired.kinds.schemas import schemas_directory
from reconciler.desired.versions.version import Version
from reconciler.errors import ConfigError
from tests.support.projects import CONFIGS, HEAD, WORKFLOWS, make_project
from tests.support.wanted import floating_key

SEMVER = "expected MAJOR.MINOR.PATCH such as 1.0.0-beta.1"
GRAMMAR = "expected lower-case letters and digits, parted by one of . _ - /"
TAG = "not a tag: expected 1 to 128 letters, digits and . _ -, not starting with . or -"
SCHEMA = json.loads((schemas_directory() / "pallet.schema.json").read_text("utf-8"))
KINDS = say_names(builtin_kinds())
KEYS = ", ".join(sorted(SCHEMA["$defs"]["artifact"]["properties"]))


def _refused(text: str, folder: Path) -> list[str]:
    path = folder / "pallet.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.exit_code == 78
    return [str(problem) for problem in caught.value.problems]


# What stands below the two lines of HEAD, and what is said of it.
BAD: Mapping[str, tuple[str, list[str]]] = {
    "no TOML": ("[x\n", ["pallet.toml:3: not TOML: expected ']' at the end of a table declaration"]),
    "unfinished": (
        "[defaults]\nimmutable =",
        ["pallet.toml:4: not TOML: invalid value, at the end of the file"],
    ),
    "unknown key near a known one": (
        CONFIGS + 'annotation = "x"\n',
        ["pallet.toml:9: artifact[0].annotation: unknown key 'annotation': did you mean 'annotations'?"],
    ),
    "unknown key near nothing": (
        CONFIGS + "x = 1\n",
        [f"pallet.toml:9: artifact[0].x: unknown key 'x': expected one of {KEYS}"],
    ),
    "unknown table": (
        "[projekt]\n",
        ["pallet.toml:3: projekt: unknown key 'projekt': did you mean 'project'?"],
    ),
    "unknown kind": (
        CONFIGS.replace('"config"', '"confg"'),
        [
            "pallet.toml:7: artifact[0].kind: unknown kind 'confg': "
            f"expected one of {KINDS}, or a [kind.confg]"
        ],
    ),
    "unknown target": (
        '[defaults]\ntarget = "locl"\n[target.local]\nurl = "localhost:5000"\n',
        ["pallet.toml:4: defaults.target: expected one of local, got 'locl'"],
    ),
    "target without an address": ("[target.x]\n", ["pallet.toml:3: target.x: missing key 'url'"]),
    "address that is none": (
        '[target.x]\nurl = "oci-layout:"\n',
        ["pallet.toml:4: target.x.url: expected oci-layout:DIRECTORY, got 'oci-layout:'"],
    ),
    "address with a password": (
        '[target.x]\nurl = "https://me:s3cret@registry.example.com"\n',
        [
            "pallet.toml:4: target.x.url: registry URL: a user name or password does not belong there: "
            "expected credentials from `pallet login`, or in username and password of a target"
        ],
    ),
    "missing keys": (
        '[[artifact]]\nkind = "config"\n',
        [
            "pallet.toml:3: artifact[0]: missing key 'files'",
            "pallet.toml:3: artifact[0]: missing key 'repository'",
        ],
    ),
    "version that is not semver": (
        CONFIGS.replace('"1.0.0"', '"1.0"'),
        [f"pallet.toml:8: artifact[0].version: not a semantic version: {SEMVER}, got '1.0'"],
    ),
    "version that is a number": (
        CONFIGS.replace('"1.0.0"', "1.0"),
        ["pallet.toml:8: artifact[0].version: expected text or an object, got the number 1.0"],
    ),
    "version of a single file that is not semver": (
        CONFIGS + '[artifact.versions]\na = "v1"\n',
        [f"pallet.toml:10: artifact[0].versions.a: not a semantic version: {SEMVER}, got 'v1'"],
    ),
    "annotation that is not text": (
        CONFIGS + '[artifact.annotations]\n"a.b" = 5\n',
        ["pallet.toml:10: artifact[0].annotations.'a.b': expected text, got the number 5"],
    ),
    "floating tag that is too long": (
        CONFIGS + f'floating-tags = ["{"a" * 129}"]\n',
        [f"pallet.toml:9: artifact[0].floating-tags[0]: {TAG}, got '{'a' * 129}'"],
    ),
    "floating tag outside the grammar": (
        '[defaults]\nfloating-tags = ["latest", "-x"]\n',
        [f"pallet.toml:4: defaults.floating-tags[1]: {TAG}, got '-x'"],
    ),
    "floating tag that is a version": (
        CONFIGS + 'floating-tags = ["{major}.{minor}.0"]\n',
        [
            "pallet.toml:9: artifact[0].floating-tags[0]: expected a tag that is no version itself, "
            "got '{major}.{minor}.0'"
        ],
    ),
    "held tag of what is no repository": (
        '[hold."C/x"]\nlatest = "1"\n',
        [
            f"pallet.toml:4: hold.C/x.latest: not a repository name: {GRAMMAR}; upper case is not allowed, "
            "got 'C/x'",
            f"pallet.toml:4: hold.C/x.latest: not a semantic version: {SEMVER}, got '1'",
        ],
    ),
    "kind of the project that is none": (
        '[kind.prompt]\nmedia-type = "nope"\n',
        [
            "pallet.toml:4: kind.prompt.media-type: expected a media type such as "
            "application/vnd.acme.prompt.v1+yaml, got the text 'nope'"
        ],
    ),
    "older pallet wanted": (
        '[tool]\nrequired = ">=9"\nand-a-new-word = 1\n',
        ["pallet.toml:4: tool.required: expected pallet >=9, got 0.1.0"],
    ),
    "several of one sort": (
        CONFIGS.replace('"1.0.0"', '"1"') + CONFIGS.replace('"config"', '"x"'),
        [
            f"pallet.toml:8: artifact[0].version: not a semantic version: {SEMVER}, got '1'",
            f"pallet.toml:13: artifact[1].kind: unknown kind 'x': expected one of {KINDS}, or a [kind.x]",
        ],
    ),
}


@pytest.mark.parametrize(("toml", "complaints"), BAD.values(), ids=BAD.keys())
def test_bad_pallet_toml_is_refused(tmp_path: Path, toml: str, complaints: list[str]) -> None:
    assert _refused(HEAD + toml, tmp_path) == complaints


def test_all_problems_of_pallet_toml_are_said_at_once(tmp_path: Path) -> None:
    complaints = _refused(HEAD + CONFIGS.replace('"1.0.0"', '"1"') + "x = 1\n", tmp_path)
    assert complaints == [
        f"pallet.toml:8: artifact[0].version: not a semantic version: {SEMVER}, got '1'",
        f"pallet.toml:9: artifact[0].x: unknown key 'x': expected one of {KEYS}",
    ]


def test_constraint_on_pallet_is_refused_in_our_words(tmp_path: Path) -> None:
    complaint = _refused(HEAD + '[tool]\nrequired = "x y"\n', tmp_path)[0]
    assert complaint.startswith("pallet.toml:4: tool.required: not a version constraint: expected ^1.2, ")
    assert complaint.endswith(", got 'x y', where 'y' is not understood")


def test_time_of_creation_must_be_one(tmp_path: Path) -> None:
    """Spec: image-spec v1.1.1, annotations.md: a date and time as RFC 3339 defines it."""
    _refused(HEAD + CONFIGS + 'created = "yesterday"\n', tmp_path)


def test_password_is_never_repeated(tmp_path: Path) -> None:
    complaints = _refused(HEAD + '[target.x]\nurl = "https://me:s3cret@h"\n', tmp_path)
    assert "s3cret" not in "".join(complaints)


def test_missing_pallet_toml_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path)
    problem = caught.value.problems[0]
    assert str(problem) == f"pallet.toml: expected one in {tmp_path} or above it, got none"
    assert problem.fix == "pallet init"


def test_named_pallet_toml_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path / "other.toml")
    assert str(caught.value) == f"{tmp_path}/other.toml: no such file"


def test_pallet_toml_is_found_upwards(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS)
    (tmp_path / "a/b").mkdir(parents=True)
    assert find_config(tmp_path / "a/b") == folder.config


def _write_bytes(path: Path) -> None:
    path.write_bytes(b'[project]\nname = "\xff"\n')


def _write_too_much(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(CONFIG_MAX_BYTES + 1)


def _write_deep(path: Path) -> None:
    path.write_text(f"x = {'[' * 100_000}\n")


@pytest.mark.parametrize(
    ("write", "complaint"),
    [
        pytest.param(
            _write_bytes, "pallet.toml: expected UTF-8, got byte 0xff at offset 18", id="other-bytes"
        ),
        pytest.param(
            _write_too_much, "pallet.toml: expected at most 4194304 bytes, got 4194305", id="too-large"
        ),
        pytest.param(
            _write_deep, "pallet.toml: expected a pallet.toml, got arrays nested too deeply", id="too-deep"
        ),
        pytest.param(
            lambda path: path.write_text(f"a = {'9' * 5000}\n"),
            "pallet.toml: expected a pallet.toml, got a whole number of more than 4300 digits",
            id="too-long-a-number",
        ),
        pytest.param(Path.mkdir, "pallet.toml: cannot be read: Is a directory", id="a-folder"),
    ],
)
def test_pallet_toml_that_cannot_be_read_is_refused(
    tmp_path: Path, write: Callable[[Path], object], complaint: str
) -> None:
    path = tmp_path / "pallet.toml"
    write(path)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert str(caught.value) == complaint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_pallet_toml_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pallet.toml"
    path.write_text(HEAD)
    path.chmod(0)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert str(caught.value) == "pallet.toml: cannot be read: Permission denied"


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: text.encode("utf-8-sig"), id="byte-order-mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="windows-line-ends"),
    ],
)
def test_editors_of_other_systems_change_nothing(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    path = tmp_path / "pallet.toml"
    path.write_bytes(encode(HEAD + WORKFLOWS))
    config = read_config(path)
    assert (config.project, config.artifacts[0].line) == ("acme", 4)


def test_nothing_but_a_name_is_enough(tmp_path: Path) -> None:
    config = read_config(make_project(tmp_path, "").config)
    assert config.targets == {"local": Target("local", "oci-layout:.pallet/registry", immutable=False)}
    assert (config.default_target, config.artifacts) == ("local", ())
    assert config.lock_path == tmp_path / "pallet.lock"


FULL = """
[target.local]
url = "oci-layout:.pallet/registry"
immutable = false
[target.production]
url = "https://registry.example.com/acme"
[defaults]
target = "production"
restore = true
floating-tags = ["latest"]
[hold."c/a"]
latest = "1.4.0"
[[artifact]]
files = ["c/*.json", "d.json"]
repository = "c/{stem}"
kind = "config"
version = { field = "a.b" }
created = { field = "a.c" }
immutable = true
floating-tags = []
[artifact.versions]
a = "2.0.0"
[[artifact]]
files = "e.json"
repository = "e"
kind = "config"
version = { file = "VERSION" }
created = "git"
bundle = true
[[artifact]]
files = "f.json"
repository = "f"
kind = "config"
version = "3.0.0"
created = "2026-01-31T12:00:00Z"
"""


def test_everything_is_read(tmp_path: Path) -> None:
    config = read_config(make_project(tmp_path, FULL).config)
    assert config.default_target == "production"
    assert config.defaults == Policy(restore=True)
    assert config.held == {floating_key("c/a", "latest"): Version("1.4.0")}
    first, second, third = config.artifacts
    assert first.files == ("c/*.json", "d.json")
    assert first.version == FieldVersion("a.b")
    assert first.created == FieldCreated("a.c")
    assert first.policy == Policy(immutable=True)
    assert (first.floating_tags, second.floating_tags) == ((), ("latest",))
    assert first.versions == {"a": "2.0.0"}
    assert (second.version, second.created, second.bundle) == (FileVersion("VERSION"), GitCreated(), True)
    assert (third.version, third.created) == (LiteralVersion("3.0.0"), "2026-01-31T12:00:00Z")
    assert [rule.where for rule in config.artifacts] == ["artifact[0]", "artifact[1]", "artifact[2]"]


# artifact, target, defaults; is it immutable?
@pytest.mark.parametrize(
    ("rule", "target", "defaults", "immutable"),
    [
        pytest.param(None, None, None, True, id="immutable-where-nobody-says"),
        pytest.param(None, None, False, False, id="defaults-say"),
        pytest.param(None, True, False, True, id="target-wins-over-defaults"),
        pytest.param(None, False, True, False, id="target-may-be-lenient"),
        pytest.param(True, False, False, True, id="artifact-wins-over-both"),
        pytest.param(False, True, True, False, id="artifact-may-be-lenient"),
    ],
)
def test_the_nearest_word_on_immutability_wins(
    tmp_path: Path, rule: bool | None, target: bool | None, defaults: bool | None, immutable: bool
) -> None:
    words = "" if defaults is None else f"[defaults]\nimmutable = {str(defaults).lower()}\n"
    config = read_config(make_project(tmp_path, words).config)
    assert config.is_immutable(Policy(rule), Target("x", "localhost", target)) is immutable


def test_restoring_is_off_where_nobody_says(tmp_path: Path) -> None:
    config = read_config(make_project(tmp_path, "").config)
    assert not config.restores(Policy(), Target("x", "localhost"))
    assert config.restores(Policy(), Target("x", "localhost", restore=True))


def test_kind_of_the_project_is_known(tmp_path: Path) -> None:
    kind = '\n[kind.prompt]\nmedia-type = "application/vnd.acme.prompt.v1+yaml"\n'
    config = read_config(make_project(tmp_path, CONFIGS.replace('"config"', '"prompt"') + kind).config)
    assert config.kinds["prompt"].media_type == "application/vnd.acme.prompt.v1+yaml"


def test_project_without_the_target_local_takes_its_first(tmp_path: Path) -> None:
    toml = '[target.b]\nurl = "localhost:5000"\n[target.a]\nurl = "localhost:5001"\n'
    assert read_config(make_project(tmp_path, toml).config).default_target == "b"
