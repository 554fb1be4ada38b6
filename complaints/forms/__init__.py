"""What people type, read and checked: one form per page."""
