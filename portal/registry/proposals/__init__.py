"""What matching proposes to staff, kept up to date, decided and taken back."""
