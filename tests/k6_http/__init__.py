"""Tests of k6/http and k6/html."""
