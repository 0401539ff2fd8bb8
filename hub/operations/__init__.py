"""What stands before a question: limits, the reading of documents, persisted operations, quotas."""
