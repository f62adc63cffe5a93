"""Reading and writing YAML as kubectl does. Nothing else uses the YAML library."""
