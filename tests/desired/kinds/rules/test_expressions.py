from __future__ import annotations

import pytest

from reconciler.desired.kinds.rules.expressions import has_expression, read_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{{ "}}" ~ steps.a.x }}', ["a"], id="braces-in-quotes"),
        pytest.param("{{ {'x': {'y': 1}} ~ steps.a }}", ["a"], id="braces-of-objects"),
        pytest.param("{% if steps.a.outputs %}x{% endif %}", ["a"], id="statement"),
        pytest.param("{%- set x = steps.a -%}{{ x }}", ["a"], id="statement-with-dashes"),
        pytest.param("{% if '%}' == steps.a %}", ["a"], id="end-in-quotes"),
        pytest.param('{{ "{{ steps.a.x }}" }}', [], id="expression-in-quotes"),
        pytest.param("{# {{ steps.a }} #}{{ steps.b }}", ["b"], id="comment"),
        pytest.param("{# {{ steps.a }}", ["a"], id="comment-without-end"),
        pytest.param("{% raw %}{{ steps.a }}{% endraw %}{{ steps.b }}", ["b"], id="raw"),
        pytest.param("{%- raw -%}{{ steps.a }}", ["a"], id="raw-without-end"),
        pytest.param("{% if {{ steps.a }}", ["a"], id="statement-without-end"),
        pytest.param('{{ steps.get("a").outputs.r }}', ["a"], id="get"),
        pytest.param("{{ steps.items() }} {{ steps.get(name) }}", [], id="calls"),
        pytest.param("{{ it's }} {{ steps.a }}", ["a"], id="apostrophe"),
        pytest.param(r"{{ 'it\'s' ~ steps.a }}", ["a"], id="escaped-quote"),
        pytest.param("{{ steps.a }} {{ steps.a }} {{ steps.b }}", ["a", "b"], id="each-once"),
    ],
)
def test_code_is_told_from_text(text: str, expected: list[str]) -> None:
    assert [mention.step for mention in read_text(text).mentions] == expected


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("a {{ b", 2, id="alone"),
        pytest.param("{{ a }} {{ b", 8, id="after-another"),
        pytest.param("{{ a }} }", None, id="closed"),
        pytest.param("{{ 'a }} b", None, id="quote-without-end"),
        pytest.param("{# {{ #}", None, id="comment"),
        pytest.param("{{ x['{{'] }}", None, id="in-quotes"),
    ],
)
def test_expression_without_end_is_found(text: str, offset: int | None) -> None:
    assert read_text(text).unclosed == offset


def test_mentions_know_their_place() -> None:
    text = "first\n{{ 'steps.a' ~ steps.a }}\n{{ steps.b }}"
    assert [text[mention.offset :][:7] for mention in read_text(text).mentions] == ["steps.a", "steps.b"]
    assert [mention.offset for mention in read_text("x == steps.a", is_code=True).mentions] == [5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("write_code", False, id="plain"),
        pytest.param("{{ workflow.input.skill }}", True, id="expression"),
        pytest.param("{% if x %}a{% endif %}", True, id="statement"),
        pytest.param("a {{ b", False, id="unclosed"),
        pytest.param("{{", False, id="braces"),
    ],
)
def test_text_that_runs_decide_is_known(text: str, expected: bool) -> None:
    assert has_expression(text) is expected


HOSTILE = {
    "escaped-quotes": "{{ steps " + "'\\" * 300_000 + " }}",
    "lone-quotes": "{{ ' }}{{ \" }}" * 100_000,
    "statements": "{% " * 300_000,
    "comments": "{# " * 300_000,
    "raw": "{% raw %}" * 100_000,
    "spaces": "{{ steps" + " " * 300_000 + ".a" + " " * 300_000 + ".outputs }}",
    "pipes": "{{ steps.a " + "| " * 300_000 + "}}",
    "gets": "{{" + "steps.get('" * 100_000 + "}}",
    "braces": "{{" + "{'" * 300_000,
    "hyphens": "{{ steps." + "a-" * 300_000 + " }}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_has_an_end(text: str) -> None:
    # Minutes for anything that looks at the rest of the text again from every place.
    assert len(read_text(text).mentions) <= 1
