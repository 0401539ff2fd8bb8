"""审批: one officer asks for access that one alone may not have, another officer decides."""
