"""What may be asked: labels, form types, one file a department's facts; `SCHEMA` is built once from the printed text."""

from __future__ import annotations

from schema.printed import build, sdl

SCHEMA = build(sdl())
"""The schema every document is validated against; it holds no resolver."""
