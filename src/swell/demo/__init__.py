"""A small real service to try Swell on."""
