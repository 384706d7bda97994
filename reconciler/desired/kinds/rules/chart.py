"""What is wrong with a Chart.yaml though its schema allows it: what `helm lint` and `helm install` refuse.

Spec: Helm 3, chart.Metadata.Validate and the chart rules of `helm lint`.
Must never be added: a look at the files beside Chart.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.rules.rule import Check, Finding, Rule, RuleSet
from reconciler.desired.reading.wording import quote
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

Chart = dict[str, Any]


def survey(value: object) -> Chart:
    """Return the chart's fields; none for what is no object."""
    return value if isinstance(value, dict) else {}


def _duplicate_dependencies(chart: Chart) -> Iterator[Finding]:
    names: set[str] = set()
    dependencies = chart.get("dependencies")
    for index, dependency in enumerate(dependencies if isinstance(dependencies, list) else ()):
        if not isinstance(dependency, dict):
            continue
        key = "alias" if dependency.get("alias") else "name"
        name = dependency.get(key)
        if isinstance(name, str):
            if name in names:
                message = f"dependency {quote(name)} is there twice"
                yield Finding(("dependencies", index, key), message, "give one of them an alias")
            names.add(name)


def _fields_of_v2(chart: Chart) -> Iterator[Finding]:
    if chart.get("apiVersion") == "v1":
        for key in ("type", "dependencies"):
            if key in chart:
                message = f"{key} has no meaning in a chart with apiVersion v1"
                yield Finding((key,), message, "set apiVersion to v2")


CHECKS: Final = (
    Check(
        Rule(
            "PLT050",
            "duplicate-dependency",
            Severity.ERROR,
            "Two dependencies of a chart have the same name or alias, which Helm refuses.",
            bad="dependencies: [{name: db, version: 1.x}, {name: db, version: 2.x}]\n",
            good="dependencies: [{name: db, version: 1.x}, {name: db, version: 2.x, alias: new-db}]\n",
        ),
        _duplicate_dependencies,
    ),
    Check(
        Rule(
            "PLT051",
            "field-of-another-api-version",
            Severity.WARNING,
            "A chart with apiVersion v1 has a field that only v2 knows.",
            bad="apiVersion: v1\ntype: library\n",
            good="apiVersion: v2\ntype: library\n",
        ),
        _fields_of_v2,
    ),
)


def example(text: str) -> str:
    """Return the document that an example of these rules is a piece of."""
    head = "" if "apiVersion" in text else "apiVersion: v2\n"
    return f"{head}name: example\nversion: 1.0.0\n{text}"


CHART: Final = RuleSet("Helm charts", survey, CHECKS, "yaml")
