"""Measurement: tags, series, histograms, the recorder of a worker, the merged store of a run."""
