"""What nodes send each other, as handlers of custom messages see it (the module `locust.rpc.protocol`)."""

from __future__ import annotations

from typing import Any

__all__ = ["Message"]


class Message:
    """One message: `type`, `data`, and `node_id` of the sender."""

    def __init__(self, message_type: str, data: Any, node_id: str | None) -> None:
        self.type = message_type
        self.data = data
        self.node_id = node_id

    def __repr__(self) -> str:
        return f"<Message {self.type}:{self.node_id}>"
