"""Who watches the job, and what they see."""
