"""Windows, really run: a Windows Python below Wine that serves the tests and the packing of the MSI."""
