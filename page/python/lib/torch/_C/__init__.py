"""What torch keeps inside."""
