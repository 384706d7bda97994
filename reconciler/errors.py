"""The exception tree, split by whose fault it is, each class with its exit code.

    PalletError                    1
    ├── UsageError                64   the command line
    ├── InvalidError              78   the user's files: carries every problem found
    │   ├── ConfigError                pallet.toml
    │   ├── LockError                  pallet.lock
    │   └── DocumentError              a file that an artifact is made of
    ├── LockOutOfDateError         6   the lock is not what the tree says
    ├── RefusedError               4   a policy says no
    ├── StoppedError          130/143  a signal
    ├── BaseUnknownError           1   git could not show the base revision
    ├── UnreachableError           1   the way to a store: connection, TLS, timeout, disk
    ├── StoreError                 1   the store's answer
    │   ├── NotFoundError          1   it says: there is no such thing
    │   ├── UnauthorisedError     77   it says: not you
    │   │   └── HiddenError       77   it does not say whether it exists, though we may push
    │   ├── ImmutableTagError      4   it says: this tag is final
    │   ├── UnsupportedError       1   it says: I do not do that
    │   ├── IncompleteError        1   it says: what this manifest names is not here
    │   └── ThrottledError        75   it says: not now
    └── DigestMismatchError        1   the bytes are not those that were asked for

What is decided here: the exit code of every failure, and the shape of its text
(`subject: what is wrong: expected X, got Y`, then what to do). Must never be added
here: an import from the rest of the package, or a message about one particular case.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem weighs: an error stops the run, a warning is only said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the user's files, and where."""

    code: str
    """A stable word for programs, such as `unknown-key` or `duplicate-key`."""
    message: str
    """What is wrong: expected X, got Y; starts lower case, no full stop."""
    file: str | None = None
    """Path relative to the project, with `/`."""
    line: int | None = None
    """1 for the first line."""
    column: int | None = None
    """1 for the first character."""
    path: str | None = None
    """Where in the document, such as `artifact[2].version` or `steps[0].timeout`."""
    fix: str | None = None
    """What to do: a command or a short sentence."""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, self.path, self.message) if part)


class PalletError(Exception):
    """Base of everything that pallet raises on purpose.

    Args:
        message: subject, what is wrong, expected and got; no `pallet: ` in front.
        fix: what to do about it, printed on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


class UsageError(PalletError):
    """The command line asks for something that cannot be."""

    exit_code = 64


class InvalidError(PalletError):
    """Files of the user are invalid; `problems` holds all of them, never only the first."""

    exit_code = 78

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        assert problems, "an InvalidError without a problem says nothing"
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigError(InvalidError):
    """pallet.toml, or what it claims about the tree, is invalid."""


class LockError(InvalidError):
    """pallet.lock cannot be understood."""


class DocumentError(InvalidError):
    """A file that an artifact is made of is invalid."""


class LockOutOfDateError(PalletError):
    """The lock is missing, or is not what the tree says."""

    exit_code = 6


class RefusedError(PalletError):
    """What was asked for would overwrite something published, or a policy says no."""

    exit_code = 4


class StoppedError(PalletError):
    """A signal stopped the run before anything was left half done."""

    def __init__(self, message: str, *, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


class BaseUnknownError(PalletError):
    """The revision to compare with could not be read."""


class UnreachableError(PalletError):
    """A store could not be asked: connection, TLS, timeout, or the disk."""


class StoreError(PalletError):
    """A store answered, and the answer is not what the protocol promises."""


class NotFoundError(StoreError):
    """A store says for certain that there is no such repository, tag, manifest or blob."""


class UnauthorisedError(StoreError):
    """A store refuses this identity."""

    exit_code = 77


class HiddenError(UnauthorisedError):
    """A store refuses to say whether a repository exists, to somebody who may push there."""


class ImmutableTagError(StoreError):
    """A store keeps a tag as it is: it holds other content, and is final."""

    exit_code = 4


class UnsupportedError(StoreError):
    """A store does not do what was asked of it, for nobody and at no time."""


class IncompleteError(StoreError):
    """A store takes no manifest whose parts it does not have."""


class ThrottledError(StoreError):
    """A store asks for patience, and did so after all retries."""

    exit_code = 75


class DigestMismatchError(PalletError):
    """Bytes arrived whole but do not hash to the digest that was asked for."""

    def __init__(self, subject: str, *, expected: str, got: str) -> None:
        super().__init__(
            f"{subject}: digest mismatch: expected {expected}, got {got}",
            fix="run again; if it stays, something between here and there changes bytes",
        )
        self.subject, self.expected, self.got = subject, expected, got
