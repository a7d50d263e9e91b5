"""`swell version`: what to put into a bug report."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("version")
def command() -> int:
    """Show versions of Swell and of what it runs on."""
    from swell.runs.facts import host_facts, versions  # noqa: PLC0415 - only this command needs them here

    for name, version in versions().items():
        click.echo(f"{name} {version}")
    host = host_facts()
    click.echo(f"{host.system}, {host.cpus} CPUs")
    return 0
