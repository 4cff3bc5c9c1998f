"""Whether each stored document is what `casestream.stored` says of it, field by field."""
