"""What runs the job: the Spark session and its jars, the supervisor, the demo's server."""
