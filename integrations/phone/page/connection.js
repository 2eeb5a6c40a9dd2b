// The connection to the broker, by MQTT over WebSocket; mqtt.js connects again by itself.
import mqtt from "mqtt";
import {READ} from "./state.js";

const WRONG_LOGIN = [4, 5, 134, 135]; // of MQTT 3.1.1 and 5
const LONG_HIDDEN_MS = 5000;

export class Connection {
  // on: {link(state, reason), message(what, text)}; states: connecting, up, lost, wrong (the login), refused.
  constructor(on) {
    this.on = on;
    this.client = null;
    this.hiddenAt = 0;
    document.addEventListener("visibilitychange", () => this.#wake());
  }

  open(login) {
    this.close();
    this.login = login;
    this.base = login.base.replace(/\/+$/, "");
    this.on.link("connecting");
    const address = new URL(login.broker || ownAddress());
    const client = mqtt.connect({
      protocol: address.protocol.replace(":", ""),
      hostname: address.hostname,
      port: Number(address.port) || (address.protocol === "wss:" ? 443 : 80),
      path: address.pathname,
      username: login.user || undefined,
      password: login.user ? login.password : undefined,
      clientId: `voip-qosd-page-${randomText()}`,
      protocolVersion: 5,
      clean: true,
      keepalive: 8, // so that a broker that hangs is told within some seconds
      connectTimeout: 6000,
      reconnectPeriod: 2000,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: "native", // the other ones need a worker, which the page's policy forbids
    });
    this.client = client;
    const ours = (what) => (...given) => client === this.client && what(...given);
    client.on("connect", ours(() => this.#subscribe()));
    client.on("message", ours((topic, payload) => {
      if (topic.startsWith(`${this.base}/`)) this.on.message(topic.slice(this.base.length + 1), new TextDecoder().decode(payload));
    }));
    client.on("error", ours((error) => {
      if (error.code === undefined || typeof error.code !== "number") return; // no connection, of which "close" tells
      this.close();
      this.on.link(WRONG_LOGIN.includes(error.code) ? "wrong" : "refused", error.message);
    }));
    client.on("close", ours(() => {
      this.#forgetOrders(client);
      this.on.link("lost");
    }));
  }

  close() {
    const client = this.client;
    this.client = null;
    client?.end(true);
  }

  // Whether the broker has taken it. What it has not is dropped: an order must not be carried out minutes later.
  publish(what, payload) {
    const client = this.client;
    if (!client?.connected) return Promise.resolve(false);
    return new Promise((resolve) => {
      client.publish(`${this.base}/${what}`, payload, {qos: 1, retain: false, properties: {messageExpiryInterval: 10}},
        (error, packet) => resolve(!error && !(packet?.reasonCode >= 128)));
    });
  }

  #subscribe() {
    this.on.link("up");
    this.client.subscribe(READ.map((what) => `${this.base}/+/${what}`), {qos: 1}, () => {});
  }

  #forgetOrders(client) {
    for (const id of Object.keys(client.outgoing ?? {})) client.removeOutgoingMessage(Number(id));
  }

  // A phone stops pages that nobody sees: what looks like a connection afterwards may be none.
  #wake() {
    if (document.hidden) {
      this.hiddenAt = Date.now();
    } else if (this.client && Date.now() - this.hiddenAt > LONG_HIDDEN_MS) {
      this.open(this.login);
    }
  }
}

export function ownAddress() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;
}

export function randomText() {
  return [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
