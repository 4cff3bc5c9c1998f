"""What a job stands on, each looked at again and again (`monitoring.sampler`)."""
