"""Running Redcrown: here, with embedded defaults; for real, from the same environment variables."""
