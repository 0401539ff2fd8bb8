"""The measured road beside its baseline: `python -m benchmarks`."""
