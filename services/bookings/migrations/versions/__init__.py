"""Linear: each version names the one before."""
