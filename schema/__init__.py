"""What may be asked: labels, form types, one file a department, and the query root."""
