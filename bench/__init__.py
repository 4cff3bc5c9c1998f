"""casestream measured beside what people would use instead; nothing of the product imports it."""
