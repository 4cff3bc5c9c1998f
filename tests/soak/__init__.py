"""Several sources at once, with a fault at random every half minute: `make soak MINUTES=10`."""
