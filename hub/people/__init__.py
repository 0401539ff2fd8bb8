"""People as the hub holds them: identities sealed, found by blind index, named outside by handle or pseudonym only."""
