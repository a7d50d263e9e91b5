"""A stand-in for the Music 'n Me API: music schools with calendars, and lesson slots that parents book."""
