"""Generated from protos/s2sauth/v1; `protos/generate.py` writes it, never by hand."""
