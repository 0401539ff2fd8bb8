"""Connecting a department: its manifest begun, held against the graph, and tried at the department's own door."""
