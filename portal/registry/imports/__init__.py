"""Session lists as the field has them: read, staged, compared and taken in."""
