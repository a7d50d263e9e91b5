"""The modules that k6 scripts import, one file each."""
