"""Real processes, real servers, real crashes."""
