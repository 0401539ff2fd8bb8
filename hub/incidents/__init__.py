"""个人信息安全事件: a leak, tampering or loss that happened or may have: what it touched is read from the access log (PIPL §57)."""
