"""What every request to another computer has in common: hosts, redaction of secrets, deadlines."""
