"""Whether what a job has stored is whole: ledger, documents, dead letters and offsets, held together."""
