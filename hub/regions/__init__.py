"""Between regions: agreements, signed and encrypted exchanges, results as verifiable credentials."""
