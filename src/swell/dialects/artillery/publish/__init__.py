"""The plugin `publish-metrics`: Artillery's metrics under their own names, sent while the run goes on.

Rules: threads, queues and senders are those of `swell.outputs`; here are only Artillery's names, periods and options.
"""
