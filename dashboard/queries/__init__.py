"""What the page asks of MongoDB: bounded, by indexes on the fields of a batch, and of committed batches only.

Each function raises pymongo's errors. Times are aware, UTC, if the database's are (`ledger.database.connect`).
"""
