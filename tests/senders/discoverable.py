"""Sensors announced to Home Assistant, by ha-mqtt-discoverable: discoverable.py PORT MESSAGES.

A thermometer and a window contact of one device announce themselves and send, and wait then to be stopped.
"""

from __future__ import annotations

import signal
import sys
import time

from ha_mqtt_discoverable import DeviceInfo, Settings
from ha_mqtt_discoverable.sensors import BinarySensor, BinarySensorInfo, Sensor, SensorInfo

port, messages = map(int, sys.argv[1:])
mqtt = Settings.MQTT(host="127.0.0.1", port=port)
device = DeviceInfo(name="Desk", identifiers="desk")
thermometer = Sensor(
    Settings(
        mqtt=mqtt,
        entity=SensorInfo(
            name="Air temperature",
            unique_id="desk-air",
            unit_of_measurement="°C",
            device_class="temperature",
            expire_after=30,
            device=device,
        ),
    )
)
window = BinarySensor(
    Settings(mqtt=mqtt, entity=BinarySensorInfo(name="Window", unique_id="desk-window", device=device))
)
for number in range(messages):
    thermometer.set_state(20 + number / 10)
    if number % 10 == 0:
        (window.on if number % 20 else window.off)()
    time.sleep(0.01)
signal.pause()  # the last messages are on their way, and there is no means to wait for them
