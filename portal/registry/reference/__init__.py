"""Reference data kept as files, the script that derives it, and what builds on it."""
