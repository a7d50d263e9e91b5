"""Tests of processors in Node."""
