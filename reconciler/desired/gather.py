"""From pallet.toml and files to wanted artifacts: every file read once, every problem collected.

Decided here: what an `[[artifact]]` means for its files. How a manifest looks is `build`'s.
Must never be added: a look at a store, or at a lock's digests, but for what a build has not written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from reconciler.desired import build
from reconciler.desired.assemble import assemble
from reconciler.desired.attach_rules import check_attach_rules, gather_attachments
from reconciler.desired.build_memory import BuildMemory, Built, KnownBuilds
from reconciler.desired.cross_checks import check_together
from reconciler.desired.digest_memory import NO_MEMORY, DigestMemory
from reconciler.desired.document_memory import NO_DOCUMENTS, DocumentMemory
from reconciler.desired.doubts import doubts
from reconciler.desired.finding.files import FoundFile, find_files
from reconciler.desired.finding.tree import Tree
from reconciler.desired.images.assembly import ImageAssembly
from reconciler.desired.images.finding import ImageSource, find_images
from reconciler.desired.kinds.kind import Kind, LayerForm
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.reading.fields import FieldValueError
from reconciler.desired.sources import Source, read_source
from reconciler.desired.versions.versioning import unused_versions
from reconciler.errors import InvalidError, PalletError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.wanted import Wanted


@dataclass(slots=True)
class Gathered:
    """What the tree gives: sorted by name and version, and everything that is wrong with it."""

    wanted: list[Wanted] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def gather(
    config: Config,
    *,
    memory: DigestMemory = NO_MEMORY,
    locked: Mapping[Key, Locked] | None = None,
    documents: DocumentMemory = NO_DOCUMENTS,
    tree: Tree | None = None,
    built: BuildMemory | None = None,
    builds: Mapping[Key, int] | None = None,
) -> Gathered:
    """Read every file that pallet.toml names and build what is wanted; problems are collected, not raised.

    Args:
        config: pallet.toml.
        memory: what is known of large files.
        locked: entries to believe where a build has not written an image in this clone; None for none.
        documents: what is known of files that are looked into.
        tree: the project's folders as they are now; None to list them.
        built: what was built before from this very pallet.toml; None where everything is built.
        builds: the rules by which what is locked was built; None where the newest hold for everything.
    """
    gathered = Gathered(problems=list(config.warnings))
    tree = tree or Tree(config.root)
    known = KnownBuilds(built)
    for rule in config.artifacts:
        kind = config.kinds[rule.kind]
        _Entry(config, rule, kind, tree, gathered, memory, locked, documents, known, builds or {}).gather()
    known.end()
    gathered.wanted.sort(key=lambda item: item.key)
    gathered.problems.extend(check_together(config, gathered.wanted))
    return gathered


@dataclass(frozen=True, slots=True)
class _Entry:
    """One `[[artifact]]` at work."""

    config: Config
    rule: ArtifactRule
    kind: Kind
    tree: Tree
    gathered: Gathered
    memory: DigestMemory
    locked: Mapping[Key, Locked] | None
    documents: DocumentMemory
    known: KnownBuilds
    builds: Mapping[Key, int]

    def gather(self) -> None:
        if self.kind.layer is LayerForm.IMAGE:
            self._gather_images()
            return
        found = find_files(self.tree, self.rule.files)
        for problem in found.problems:
            self._report_found(problem)
        self._check_words([file.path for file in found.files])
        for group in self._groups(found.files):
            self._gather_one(group)

    def _gather_images(self) -> None:
        found = find_images(self.config.root, self.tree, self.rule)
        for problem in found.problems:
            self._report_found(problem)
        self._check_words([image.path for image in found.images])
        assembly = ImageAssembly(self.config, self.rule, self.kind, self.memory, self.builds)
        for image in found.images:
            name = (image.path, image.tag or "")
            self._recall(name, image.path, [image.path], partial(self._read_image, assembly, image))

    def _read_image(self, assembly: ImageAssembly, image: ImageSource) -> Wanted:
        if not image.missing:
            return assembly.assemble(image)
        missing = f"{', '.join(image.missing)} {'is' if len(image.missing) == 1 else 'are'} not in this clone"
        if self.locked is None:
            raise PalletError(
                f"{missing}: expected what a build writes, got no such file",
                fix="build it; or, where pallet.lock may be believed, say --locked",
            )
        wanted = assembly.take_as_locked(image, self.locked)
        if wanted is None:
            raise PalletError(
                f"{missing}: expected an entry of pallet.lock to believe, got none",
                fix="run `pallet lock` where it is built, and commit it",
            )
        self._report(
            "taken-as-locked",
            f"{wanted.name} {wanted.version} is taken as locked: {missing}",
            severity=Severity.WARNING,
        )
        return wanted

    def _check_words(self, paths: Sequence[str]) -> None:
        for entry, message in unused_versions(self.rule, paths):
            self._report("unused-version", f"versions.{entry}: {message}")
        for key in sorted(self.rule.annotations.keys() & set(build.WRITTEN_BY_PALLET)):
            self._report(
                "reserved-annotation",
                f"annotations.{key}: expected another key, got one that pallet writes itself",
            )
        self.gathered.problems.extend(check_attach_rules(self.config, self.rule))

    def _groups(self, files: Sequence[FoundFile]) -> Iterator[Sequence[FoundFile]]:
        """Yield the files of each artifact: all of them for a bundle, else one by one."""
        if not self.rule.bundle:
            yield from ([file] for file in files)
        elif files:
            yield sorted(files, key=lambda file: file.title)

    def _gather_one(self, files: Sequence[FoundFile]) -> None:
        def read() -> Wanted:
            sources = self._read(files)
            kind = self.kind if self.rule.bundle else sources[0].edition(self.kind)
            wanted = assemble(self.config, self.rule, kind, self.tree, sources, self.builds)
            for source in sources:
                if source.document is not None:
                    self.documents.keep(source.digest, source.document)
            return wanted

        paths = [file.path for file in files]
        self._recall(tuple(paths), paths[0], paths, read)

    def _recall(
        self, name: tuple[str, ...], path: str, paths: Sequence[str], read: Callable[[], Wanted]
    ) -> None:
        """Take in what was built before; else what `read` gives."""
        key = (self.rule.index, name)
        built = self.known.recall(key)
        if built is not None:
            self.gathered.wanted.extend([built.wanted] if built.wanted else [])
            self.gathered.problems.extend(built.problems)
            return
        items, problems = len(self.gathered.wanted), len(self.gathered.problems)
        self._collect(path, paths, read)
        wanted = self.gathered.wanted[items] if len(self.gathered.wanted) > items else None
        found = Built(wanted, tuple(self.gathered.problems[problems:]))
        self.known.keep(key, found, self.rule, self.kind, paths)

    def _collect(self, path: str, paths: Sequence[str], read: Callable[[], Wanted]) -> None:
        """Take in what `read` gives; what it raises becomes problems."""
        try:
            self.gathered.wanted.append(self._attach(read(), path))
        except InvalidError as exc:
            for problem in exc.problems:
                self._report_placed(problem)
        except FieldValueError as exc:
            self.gathered.problems.append(exc.problem("invalid-field"))
        except ValueError as exc:
            place = path if len(paths) == 1 else None
            self._report("invalid-artifact", f"{place}: {exc}" if place else str(exc))
        except PalletError as exc:
            self._report("invalid-artifact", str(exc), fix=exc.fix)

    def _attach(self, wanted: Wanted, path: str) -> Wanted:
        if not self.rule.attachments:
            return wanted
        wanted, problems = gather_attachments(self.config, self.rule, self.tree, wanted, path)
        self.gathered.problems.extend(problems)
        return wanted

    def _read(self, files: Sequence[FoundFile]) -> list[Source]:
        problems: list[Problem] = []
        sources = []
        for file in files:
            try:
                source = read_source(self.config.root, file, self.kind, self.memory, self.documents)
            except InvalidError as exc:
                problems.extend(without_ignored(exc.problems, self._ignored))
                continue
            kind = source.edition(self.kind)
            found = check_document(source.document, kind) if source.document else []
            found = without_ignored([*found, *doubts(self.config, self.rule, kind, source)], self._ignored)
            problems.extend(problem for problem in found if problem.severity is Severity.ERROR)
            self.gathered.problems.extend(
                problem for problem in found if problem.severity is not Severity.ERROR
            )
            sources.append(source)
        if problems:
            raise InvalidError(problems)
        return sources

    @property
    def _ignored(self) -> frozenset[str]:
        return self.config.ignored_rules | self.rule.ignored_rules

    def _report(
        self, code: str, message: str, *, fix: str | None = None, severity: Severity = Severity.ERROR
    ) -> None:
        file, line = self.config.path.name, self.rule.line
        self.gathered.problems.append(
            Problem(code, message, file, line, path=self.rule.where, fix=fix, severity=severity)
        )

    def _report_placed(self, problem: Problem) -> None:
        """Say a problem where it is; one that names no file is pallet.toml's."""
        if problem.file is None:
            self._report(problem.code, problem.message, fix=problem.fix)
        else:
            self.gathered.problems.append(problem)

    def _report_found(self, problem: Problem) -> None:
        """Say a problem of `files` at its entry in pallet.toml, which is where it is mended."""
        about = f"{problem.file}: {problem.message}" if problem.file else problem.message
        self.gathered.problems.append(
            Problem(
                problem.code,
                about,
                self.config.path.name,
                self.rule.line,
                path=f"{self.rule.where}.files",
                fix=problem.fix,
                severity=problem.severity,
            )
        )
