"""An AMQP peer on Apache Qpid Proton. Reads a task as JSON from standard input, writes JSON lines."""

import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.parse

from proton import Delivery, Described, Handler, Message, int32, symbol, timestamp, ubyte, ulong
from proton.reactor import Filter
from proton.utils import BlockingConnection

SELECTOR = symbol("apache.org:selector-filter:string")
LIMIT_SECONDS = 20


def signature(task, audience):
    resource = urllib.parse.quote(audience, safe="")
    expiry = int(time.time()) + 600
    digest = hmac.new(task["key"].encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    sig = urllib.parse.quote(base64.b64encode(digest).decode(), safe="")
    return f"SharedAccessSignature sr={resource}&sig={sig}&se={expiry}&skn={task['keyName']}"


class Raw(Handler):
    """Collects encoded messages."""

    def __init__(self):
        self.messages = []

    def on_delivery(self, event):
        delivery = event.delivery
        if delivery.link.is_receiver and delivery.readable and not delivery.partial:
            self.messages.append(delivery.link.recv(delivery.pending))
            delivery.link.advance()
            delivery.update(Delivery.ACCEPTED)
            delivery.settle()


class Peer:
    def __init__(self, url):
        self.connection = BlockingConnection(url, timeout=LIMIT_SECONDS, allowed_mechs="ANONYMOUS")

    def request(self, node, message):
        receiver = self.connection.create_receiver(node, credit=1, dynamic=False, name=f"{node}-reply")
        sender = self.connection.create_sender(node)
        message.reply_to = f"{node}-reply"
        message.id = "request-1"
        sender.send(message)
        reply = receiver.receive(LIMIT_SECONDS)
        receiver.accept()
        sender.close()
        receiver.close()
        return reply

    def put_token(self, task, audience):
        properties = {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": audience}
        reply = self.request("$cbs", Message(body=signature(task, audience), properties=properties))
        return reply.properties["status-code"]

    def read_raw(self, address, count, selector=None):
        raw = Raw()
        options = [] if selector is None else [Filter({SELECTOR: Described(ulong(0x468C00000004), selector)})]
        link = self.connection.container.create_receiver(self.connection.conn, address, handler=raw, options=options)
        link.flow(count)
        self.connection.wait(lambda: len(raw.messages) >= count, timeout=LIMIT_SECONDS)
        link.close()
        return raw.messages[:count]

    def send_raw(self, address, messages):
        sender = self.connection.create_sender(address)
        for index, message in enumerate(messages):
            delivery = sender.link.delivery(f"raw-{index}")
            sender.link.stream(message)
            sender.link.advance()
            self.connection.wait(lambda delivery=delivery: delivery.remote_state, timeout=LIMIT_SECONDS)
            if delivery.remote_state != Delivery.ACCEPTED:
                raise SystemExit(f"{address} did not accept: {delivery.remote_state} {delivery.remote.condition}")
            delivery.settle()
        # Not waited for: this version of RabbitMQ never answers a detach.
        sender.link.close()

    def close(self):
        self.connection.close()


def typed(value):
    """A value with the name of its type, so that a change of type is seen."""
    if isinstance(value, dict):
        return {str(key): typed(each) for key, each in value.items()}
    if isinstance(value, memoryview):
        value = value.tobytes()
    if isinstance(value, bytes):
        return f"bytes:{value.decode('latin1')}"
    return f"{type(value).__name__}:{value}"


def told(encoded):
    message = Message()
    message.decode(encoded)
    return {
        "body": typed(message.body),
        "id": message.id,
        "contentType": message.content_type,
        "annotations": typed(message.annotations or {}),
        "properties": typed(message.properties or {}),
    }


def sample(task, index):
    properties = {"int": int32(-7), "ubyte": ubyte(200), "long": 2**40, "real": 1.5, "yes": True}
    properties.update({"text": "grüße", "time": timestamp(1_700_000_000_000)})
    message = Message(id=f"message-{index}", content_type="application/json", properties=properties)
    message.body = f"event {index}".encode()
    message.inferred = True
    if "partitionKey" in task:
        message.annotations = {symbol("x-opt-partition-key"): task["partitionKey"]}
    return message


def run(task):
    peer = Peer(task["url"])
    audience = f"sb://localhost/{task['hub']}"
    if task["task"] == "unauthorized":
        peer.connection.create_sender(task["hub"])
    yield {"status": peer.put_token(task, audience)}
    if task["task"] == "info":
        properties = {"operation": "READ", "name": task["hub"], "type": "com.microsoft:eventhub"}
        yield {"hub": typed(peer.request("$management", Message(properties=properties)).body)}
        properties = {**properties, "type": "com.microsoft:partition", "partition": "0"}
        yield {"partition": typed(peer.request("$management", Message(properties=properties)).body)}
    elif task["task"] == "send":
        sender = peer.connection.create_sender(task["hub"])
        for index in range(task["count"]):
            sender.send(sample(task, index))
    elif task["task"] == "read":
        address = f"{task['hub']}/ConsumerGroups/$Default/Partitions/{task['partition']}"
        for message in peer.read_raw(address, task["count"], task.get("selector")):
            yield told(message)
    elif task["task"] == "relay":
        # From the hub through the queue of another broker, and back to a second hub.
        address = f"{task['hub']}/ConsumerGroups/$Default/Partitions/0"
        out = peer.read_raw(address, task["count"])
        broker = Peer(task["brokerUrl"])
        queue = "/queue/relay"
        broker.send_raw(queue, out)
        back = broker.read_raw(queue, task["count"])
        broker.close()
        peer.put_token(task, f"sb://localhost/{task['backHub']}")
        peer.send_raw(task["backHub"], back)
        for before, after in zip(out, back):
            yield {"before": told(before), "after": told(after)}
    peer.close()


for line in run(json.load(sys.stdin)):
    print(json.dumps(line, ensure_ascii=False))
