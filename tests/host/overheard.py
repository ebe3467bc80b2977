"""Every message that any paho client of a test is handed; conftest holds them to the contract."""

import paho.mqtt.client as paho

messages = []  # (topic, payload)
deliver = paho.Client._handle_on_message


def overhear(client, message):
    messages.append((message.topic, message.payload))
    deliver(client, message)


paho.Client._handle_on_message = overhear  # the one place that each of them passes
