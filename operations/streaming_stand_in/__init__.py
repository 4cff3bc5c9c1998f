"""What the stand-ins of APIs that stream over HTTP have in common."""
