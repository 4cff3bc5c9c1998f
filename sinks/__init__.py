"""Rows to documents, and documents to MongoDB."""
