"""The authorization server: who may ask, for what, on which basis, in one short-lived signed token (RFC 6749, 7523, 9068, 9396, 9449)."""
