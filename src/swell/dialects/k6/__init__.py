"""k6 scripts: `swell k6` runs them unchanged, with the options, summary, files and exit codes of k6."""
