"""先行救助: the duty that follows an emergency, its escalation, and the privacy officer's second look."""
