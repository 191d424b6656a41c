"""One service after the other in this process, on real servers."""
