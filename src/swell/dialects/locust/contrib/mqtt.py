"""`locust.contrib.mqtt`: users of MQTT, on paho-mqtt.

Rules: the type of requests is "MQTT"; names are "connect", "disconnect", "publish:QOS:TOPIC" and
"subscribe:QOS:TOPIC", as in Locust. A publish lasts until the broker has it, as its quality of service says; connecting
and disconnecting have no time. The library's thread is a fiber of the worker.
"""

from __future__ import annotations

import contextlib
import random
import string
import time
from typing import Any, ClassVar, NamedTuple

from swell.dialects.locust.contrib.library import library
from swell.dialects.locust.users import User

__all__ = ["MqttClient", "MqttUser", "PublishedMessageContext"]

mqtt: Any = library("paho.mqtt.client", "paho-mqtt", "locust.contrib.mqtt")

_SUBSCRIPTION_REFUSED = 0x80
_ALPHABET = string.ascii_letters + string.digits
_WITH_FLAGS = 3
_ID_LETTERS = 16  # with "locust-" at most the 23 characters that every broker takes


class PublishedMessageContext(NamedTuple):
    """What the event of a published message says of it; `start_time` is Unix time, `payload_size` bytes."""

    qos: int
    topic: str
    start_time: float
    payload_size: int


class _Sent(NamedTuple):
    name: str
    context: dict[str, Any]
    size: int
    start: float


class MqttClient(mqtt.Client):
    """A `paho.mqtt.client.Client` that tells the events of `environment`. Without a `client_id` it makes one."""

    def __init__(
        self,
        *args: Any,
        environment: Any,
        client_id: str | None = None,
        protocol: Any = mqtt.MQTTv311,
        use_loop_selectors: bool = False,
        **kwargs: Any,
    ) -> None:
        client_id = client_id or "locust-" + "".join(random.choices(_ALPHABET, k=_ID_LETTERS))
        parent: Any = super()
        parent.__init__(*args, client_id=client_id, protocol=protocol, **kwargs)
        del use_loop_selectors  # sockets are waited for without the limit of `select` anyway
        self.environment = environment
        self.client_id = client_id
        # By the library's number of the message: what waits for the broker.
        self._sent: dict[tuple[str, int], _Sent] = {}
        # Answers that came before the call that asked had returned.
        self._early: dict[tuple[str, int], Exception | None] = {}
        self.on_publish = self._has_published
        self.on_subscribe = self._has_subscribed
        self.on_connect = self._has_connected
        self.on_disconnect = self._has_disconnected

    def __del__(self) -> None:
        parent: Any = super()
        with contextlib.suppress(Exception):  # at the end of the process there is no loop any more
            parent.__del__()

    def publish(
        self, topic: str, payload: Any = None, qos: int = 0, retain: bool = False, properties: Any = None
    ) -> Any:
        """As the library's; the request ends when the broker has confirmed it, with quality 0 when it is sent."""
        size = len(payload) if payload and not isinstance(payload, (int, float)) else 0
        context = PublishedMessageContext(qos, topic, time.time(), size)
        sent = _Sent(self._generate_event_name("publish", qos, topic), context._asdict(), size, time.perf_counter())
        parent: Any = super()
        info = parent.publish(topic, payload=payload, qos=qos, retain=retain, properties=properties)
        if info.rc == mqtt.MQTT_ERR_SUCCESS:
            self._expect(("publish", info.mid), sent)
        else:
            self._tell(sent.name, 0.0, 0, info.rc, sent.context)
        return info

    def subscribe(self, topic: Any, qos: int = 0, options: Any = None, properties: Any = None) -> tuple[Any, Any]:
        """As the library's; the request ends when the broker has confirmed it."""
        shown = _first_topic(topic)
        context: dict[str, Any] = {"qos": qos, "topic": shown, "start_time": time.time()}
        sent = _Sent(self._generate_event_name("subscribe", qos, shown), context, 0, time.perf_counter())
        parent: Any = super()
        result, mid = parent.subscribe(topic, qos, options, properties)
        if result == mqtt.MQTT_ERR_SUCCESS and mid is not None:
            self._expect(("subscribe", mid), sent)
        else:
            self._tell(sent.name, 0.0, 0, None if result == mqtt.MQTT_ERR_SUCCESS else result, context)
        return result, mid

    def _generate_event_name(self, event_type: str, qos: int, topic: str) -> str:
        """How a publish or subscription is counted. To be overridden."""
        return f"{event_type}:{qos}:{topic}"

    def _expect(self, key: tuple[str, int], sent: _Sent) -> None:
        self._sent[key] = sent
        if key in self._early:
            self._end(key, self._early.pop(key))

    def _end(self, key: tuple[str, int], error: Exception | None) -> None:
        sent = self._sent.pop(key, None)
        if sent is None:
            self._early[key] = error
        else:
            self._tell(sent.name, (time.perf_counter() - sent.start) * 1000.0, sent.size, error, sent.context)

    # What the library calls; the arguments behind the first ones depend on the version of MQTT and of the callbacks.

    def _has_published(self, _client: Any, _userdata: Any, mid: int, *_: Any) -> None:
        self._end(("publish", mid), None)

    def _has_subscribed(self, _client: Any, _userdata: Any, mid: int, granted: Any, *_: Any) -> None:
        codes = [code.value for code in granted] if hasattr(granted[0], "value") else granted
        error = None
        if any(code >= _SUBSCRIPTION_REFUSED for code in codes):
            error = AssertionError(f"Broker returned an error response during subscription: {codes}")
        self._end(("subscribe", mid), error)

    def _has_connected(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, *_: Any) -> None:
        self._tell("connect", 0.0, 0, None if reason == 0 else ConnectionError(str(reason)), {})

    def _has_disconnected(self, _client: Any, _userdata: Any, *rest: Any) -> None:
        # (reason), (reason, properties) or (flags, reason, properties).
        reason = rest[0] if len(rest) < _WITH_FLAGS else rest[1]
        self._tell("disconnect", 0.0, 0, None if reason == 0 else reason, {})

    def _tell(self, name: str, response_time: float, size: int, error: Any, context: dict[str, Any]) -> None:
        self.environment.events.request.fire(
            request_type="MQTT",
            name=name,
            response_time=response_time,
            response_length=size,
            exception=error,
            context={"client_id": self.client_id, **context},
        )


def _first_topic(topic: Any) -> str:
    """Of all the forms that a subscription has: TOPIC, (TOPIC, QOS), [(TOPIC, QOS), ...]."""
    while not isinstance(topic, str):
        topic = topic[0]
    return topic


class MqttUser(User):
    """A user with a `client` that is connecting to `host` and `port`."""

    abstract: ClassVar[bool] = True
    host: str | None = "localhost"
    port: int = 1883
    transport: str = "tcp"
    ws_path: str = "/mqtt"
    tls_context: Any = None
    client_cls: ClassVar[type[MqttClient]] = MqttClient
    client_id: str | None = None
    username: str | None = None
    password: str | None = None
    protocol: Any = mqtt.MQTTv311
    use_loop_selectors: bool = False

    def __init__(self, environment: Any = None) -> None:
        super().__init__(environment)
        self.client: Any = self.client_cls(
            environment=environment,
            transport=self.transport,
            client_id=self.client_id,
            protocol=self.protocol,
            use_loop_selectors=self.use_loop_selectors,
        )
        if self.tls_context:
            self.client.tls_set_context(self.tls_context)
        if self.transport == "websockets" and self.ws_path:
            self.client.ws_set_options(path=self.ws_path)
        if self.username and self.password:
            self.client.username_pw_set(username=self.username, password=self.password)
        self.client.connect_async(host=self.host, port=self.port)
        self.client.loop_start()
