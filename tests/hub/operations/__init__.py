"""Tests of what stands before a question."""
