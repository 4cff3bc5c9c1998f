"""Where a push feed is kept until it is stored: segment files that are written once and read by Spark's file source."""
