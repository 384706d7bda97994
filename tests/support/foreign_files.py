"""YAML and JSON of other programs, as ordinary repositories hold it: full of our words, and none of our kinds."""

from __future__ import annotations

from typing import Final

RELEASE: Final = """\
name: release
on:
  push: {tags: ["v*"]}
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/metadata-action@v5
        with: {images: ghcr.io/acme/app}
"""
TEKTON: Final = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  steps:
    - name: build
      image: golang
---
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: test}
spec: {steps: [{name: test, image: golang}]}
"""
CHART_TEMPLATE: Final = """\
{{- if .Values.enabled }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "app.name" . }}
spec:
  steps: {{ toYaml .Values.steps | nindent 4 }}
{{- end }}
"""
COMPOSE: Final = """\
x-metadata: &metadata {labels: {steps: "1"}}
services:
  app: {<<: *metadata, image: app, environment: {steps: 2, steps: 3}}
"""
MKDOCS: Final = """\
site_name: metadata of steps
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
"""
CLOUD_BUILD: Final = "steps:\n  - {name: gcr.io/metadata, args: [a, a]}\nsteps: []\n"
NOTEBOOK: Final = '{"cells": [], "metadata": {"steps": [NaN]}, "metadata": {}}'
SETTINGS: Final = '// steps, metadata\n{"name": "a", /* skills */ "url": "x", "skills": {},}\n'

FOREIGN: Final = {
    ".github/workflows/release.yml": RELEASE,
    "tekton/tasks.yaml": TEKTON,
    "deploy/templates/pod.yaml": CHART_TEMPLATE,
    "docker-compose.yml": COMPOSE,
    "mkdocs.yml": MKDOCS,
    "cloudbuild.yaml": CLOUD_BUILD,
    "notebook.json": NOTEBOOK,
    ".vscode/settings.json": SETTINGS,
}
"""By path; no strict reader accepts any of them."""
