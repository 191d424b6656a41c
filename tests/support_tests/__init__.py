"""The servers that the tests stand on."""
