"""Posts as files: a folder of Parquet, CSV or JSON lines, a UTC day of a job at a time, and a manifest of it."""
