// What the routers have said, and what of it is shown. Pure: no clock, no DOM, no network.

const JSON_TOPICS = ["info", "state", "rates", "line", "quality", "last_call"];

// Everything that is read, below the base topic; all of it is what the access list lets a phone read.
export const READ = ["status", ...JSON_TOPICS, "response/qos"];

export class Routers {
  constructor() {
    this.byId = new Map();
    this.answer = null; // the newest answer to an order
  }

  // One message; `what` is the topic below the base topic: "router/state".
  hear(what, text) {
    const slash = what.indexOf("/");
    const [id, name] = [what.slice(0, slash), what.slice(slash + 1)];
    if (slash < 1) return;
    const said = name === "status" ? text : object(text);
    if (name === "response/qos") {
      this.answer = said;
    } else if (name === "status" || JSON_TOPICS.includes(name)) {
      const router = this.byId.get(id) ?? {id};
      // An empty message is how a retained one is taken back; what is no JSON object is nothing that we know.
      router[name] = text === "" ? null : said;
      this.byId.set(id, router);
      if (!router.status && !router.state) this.byId.delete(id);
    }
  }

  // Those that say whether they are there, by name.
  all() {
    return [...this.byId.values()].filter((router) => router.status).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  }

  // The chosen one, as long as it is there, else one that answers.
  pick(id) {
    const routers = this.all();
    return routers.find((router) => router.id === id) ?? routers.find(isOnline) ?? routers[0] ?? null;
  }
}

export function nameOf(router) {
  return typeof router.info?.name === "string" && router.info.name ? router.info.name : router.id;
}

export function isOnline(router) {
  return router.status === "online";
}

// Why no order can be given now, as a key of words; null: one can.
export function noOrders(link, router) {
  if (link === "lost") return "no_orders_broker";
  if (link !== "up" || !router) return "no_orders_yet";
  if (!isOnline(router)) return "no_orders_router";
  if (router.info?.commands === false) return "no_orders_here";
  return router.state ? null : "no_orders_yet";
}

// What stands in the place of all else while nothing true can be shown: "broker", "router", "nobody", "connecting"; null: nothing.
export function away(link, router) {
  if (link === "lost") return "broker";
  if (link !== "up") return "connecting";
  if (!router) return "nobody";
  if (!isOnline(router)) return "router";
  return router.state ? null : "connecting";
}

// The switch as it was observed: "on", "off", "unknown", "going_on", "going_off".
export function qosOf(state) {
  if (state.qos !== "ON" && state.qos !== "OFF") return "unknown";
  if (state.qos !== state.wanted && !state.error) return state.wanted === "ON" ? "going_on" : "going_off";
  return state.qos === "ON" ? "on" : "off";
}

// Which of the three orders is in force; null: a mode that lasts, which none of them gives.
export function orderInForce(state) {
  if (state.mode === "auto") return "auto";
  return state.override_until ? state.mode : null;
}

// A problem in the order of its weight: {title, text, details} with keys of words, details as the router says it; null: none.
export function problemOf(state) {
  if (state.error) {
    const text = String(state.error).includes("node id") ? "problem_twins" : state.wanted === "ON" ? "problem_on" : "problem_off";
    return {title: "problem_title", text, details: String(state.error), isBad: true};
  }
  if (state.detector === "limited" || state.detector === "blind") {
    return {title: `${state.detector}_title`, text: "sight_text", details: state.detector_reason ?? "", isBad: state.detector === "blind"};
  }
  return state.remark ? {title: "remark_title", text: "remark_text", details: String(state.remark), isBad: false} : null;
}

// Whether the kernel was seen to be as the order wants it.
export function isObeyed(order, state) {
  if (order === "auto") return state.mode === "auto" && (state.qos === "ON" || state.qos === "OFF") && state.qos === state.wanted;
  return state.mode === order && Boolean(state.override_until) && state.qos === order.toUpperCase();
}

function object(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
