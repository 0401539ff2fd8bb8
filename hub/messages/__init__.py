"""What platforms push into the hub: one signed envelope, one inbox, kinds with a JSON schema each (docs/messages.md)."""
