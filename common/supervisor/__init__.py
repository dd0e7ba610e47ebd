"""The embedded servers and processes of the demonstration, the tests and the measures."""
