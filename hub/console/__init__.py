"""隐私审计台: the privacy officer's pages over the access log; Chinese first, no script of anybody else's."""
