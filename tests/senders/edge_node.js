// A Sparkplug B edge node with one device, by Cirrus Link's client: node edge_node.js PORT MESSAGES
//
// Births, so many data messages of the device (a metric in each, by its alias), one message compressed, and the deaths.
// It answers a request for a rebirth, and prints a line for each birth.
"use strict";
const sparkplug = require("sparkplug-client");

const [port, messages] = process.argv.slice(2).map(Number);
const UNIT = (value) => ({ engUnit: { type: "String", value } });
const client = sparkplug.newClient({
  serverUrl: `mqtt://127.0.0.1:${port}`, username: "", password: "", groupId: "plant", edgeNode: "press",
  clientId: "edge-node", version: "spBv1.0", publishDeath: true,
});
let sent = 0;

function bear() {
  client.publishNodeBirth({
    timestamp: Date.now(),
    metrics: [
      { name: "Node Control/Rebirth", type: "Boolean", value: false },
      { name: "uptime", type: "UInt32", value: sent },
    ],
  });
  client.publishDeviceBirth("oil", {
    timestamp: Date.now(),
    metrics: [
      { name: "temperature", alias: 1, type: "Int16", value: -40, properties: UNIT("°C") },
      { name: "pressure/inlet", alias: 2, type: "Float", value: 2.5, properties: UNIT("bar") },
      { name: "pump", alias: 3, type: "Boolean", value: true },
      { name: "mode", alias: 4, type: "String", value: "auto" },
    ],
  });
  console.log("born");
}

function send() {
  const [temperature, pressure] = [-40 + (sent % 80), 2.5 + Math.sin(sent / 20)];
  const metric = sent % 2 ? { alias: 2, type: "Float", value: pressure } : { alias: 1, type: "Int16", value: temperature };
  const options = sent === messages - 1 ? { compress: true } : {};
  client.publishDeviceData("oil", { timestamp: Date.now(), metrics: [{ ...metric, timestamp: Date.now() }] }, options);
  sent += 1;
  if (sent < messages) {
    setTimeout(send, 10);
  } else {
    client.publishDeviceDeath("oil", { timestamp: Date.now() });
    client.stop();
  }
}

client.on("birth", () => {
  bear();
  setTimeout(send, 10);
});
client.on("ncmd", (payload) => {
  if (payload.metrics.some((metric) => metric.name === "Node Control/Rebirth" && metric.value)) {
    bear();
  }
});
client.on("error", (error) => {
  console.error(String(error));
  process.exit(1);
});
