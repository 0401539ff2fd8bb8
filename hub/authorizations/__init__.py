"""核对授权书: letters and registrations verified, coverage computed, revocation followed."""
