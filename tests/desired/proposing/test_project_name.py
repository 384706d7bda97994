"""What a project is called before anybody named it, and that no password ever becomes part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.proposing.project_name import legal_name, name_of_url, suggest_name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example.com/acme/agents.git", "agents"),
        ("https://git.example.com/acme/agents/", "agents"),
        ("https://ada:sekret@git.example.com/acme/agents", "agents"),
        ("https://ada:sekret@git.example.com", ""),
        ("https://ada:sek/ret@git.example.com/agents", ""),
        ("https://git.example.com/agents.git?token=sekret", "agents"),
        ("https://git.example.com/agents#sekret", "agents"),
        ("git@git.example.com:acme/agents.git", "agents"),
        ("ssh://git@git.example.com:2222/acme/agents.git", "agents"),
        ("/srv/git/agents.git", "agents"),
        ("../agents", "agents"),
        ("C:\\git\\agents", "agents"),
        ("", ""),
    ],
)
def test_name_of_a_remote(url: str, name: str) -> None:
    assert name_of_url(url) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("agents", "agents"),
        ("My Agents!", "My-Agents"),
        (".hidden", "hidden"),
        ("日本", ""),
        ("a" * 300, "a" * 200),
    ],
)
def test_nearest_legal_name(text: str, name: str) -> None:
    assert legal_name(text) == name


def _repository(top: Path, config: str) -> Path:
    (top / ".git").mkdir(parents=True)
    (top / ".git" / "config").write_text(config, encoding="utf-8")
    return top


def test_folder_names_a_project_without_git(tmp_path: Path) -> None:
    (tmp_path / "my agents").mkdir()
    (tmp_path / "日本").mkdir()
    assert suggest_name(tmp_path / "my agents") == "my-agents"
    assert suggest_name(tmp_path / "日本") == "my-project"


@pytest.mark.parametrize(
    ("config", "name"),
    [
        pytest.param(
            '[remote "fork"]\n\turl = h:fork.git\n[remote "origin"]\n\turl = h:acme/agents.git\n',
            "agents",
            id="origin",
        ),
        pytest.param('[remote "fork"]\n\turl = h:fork.git\n', "fork", id="only-another-remote"),
        pytest.param("[core]\n\turl = h:wrong.git\n", "checkout", id="no-remote"),
        pytest.param(
            '[remote "origin"]\n\turl = https://ada:sekret@h\n', "checkout", id="remote-without-a-path"
        ),
    ],
)
def test_repository_names_a_project(tmp_path: Path, config: str, name: str) -> None:
    assert suggest_name(_repository(tmp_path / "checkout", config)) == name


def test_folder_below_the_top_is_part_of_the_name(tmp_path: Path) -> None:
    top = _repository(tmp_path / "checkout", '[remote "origin"]\n\turl = h:acme/mono.git\n')
    (top / "teams" / "red").mkdir(parents=True)
    assert suggest_name(top / "teams" / "red") == "mono/teams/red"


def test_linked_work_tree_is_named_as_the_main_one(tmp_path: Path) -> None:
    main = _repository(tmp_path / "main", '[remote "origin"]\n\turl = h:acme/agents.git\n')
    folder = main / ".git" / "worktrees" / "linked"
    folder.mkdir(parents=True)
    (folder / "commondir").write_text("../..\n", encoding="utf-8")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ".git").write_text(f"gitdir: {folder}\n", encoding="utf-8")
    assert suggest_name(tmp_path / "linked") == "agents"


def test_git_folder_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / ".git").write_bytes(b"\xff")
    assert suggest_name(tmp_path / "checkout") == "checkout"
