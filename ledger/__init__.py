"""What the job writes down about itself, by the driver, with pymongo: batches, leases, coverage, indexes."""
