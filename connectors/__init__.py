"""How each department is reached: one interface, one file a protocol, one manifest a department."""
