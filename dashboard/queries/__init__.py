"""What the page asks of MongoDB: bounded, by indexes on the fields of a batch, and of committed batches only."""
