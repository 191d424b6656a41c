"""The six ways to a hotel, each as the suite `test_ways` wants it."""
