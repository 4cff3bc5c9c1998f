"""casestream measured beside what people would use instead. It imports the product; nothing of the product imports it."""
