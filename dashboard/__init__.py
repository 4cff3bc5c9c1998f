"""The dashboard: what the jobs of a database do and have stored, on a live page. It reads, and writes nothing."""
