"""Tests that need programs of the system or packages of npm; `make test-system` runs them and none may skip."""
