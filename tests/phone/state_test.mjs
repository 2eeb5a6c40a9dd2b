// What the page makes of messages, and what becomes of an order: `node --test tests/phone/state_test.mjs`. No browser, no broker.
import assert from "node:assert/strict";
import {test} from "node:test";
import {Order, PATIENCE_MS} from "../../integrations/phone/page/order.js";
import {Routers, away, isObeyed, nameOf, noOrders, orderInForce, problemOf, qosOf} from "../../integrations/phone/page/state.js";

const QUIET = {qos: "OFF", wanted: "OFF", mode: "auto", lasting_mode: "auto", reason: "idle", override_until: null, call_active: false, error: null};
const ORDERED = {...QUIET, qos: "ON", wanted: "ON", mode: "on", reason: "manual", override_until: "2026-11-22T18:35:09Z"};

function routers(state = QUIET, id = "router") {
  const known = new Routers();
  known.hear(`${id}/status`, "online");
  known.hear(`${id}/info`, JSON.stringify({name: "Home", commands: true}));
  known.hear(`${id}/state`, JSON.stringify(state));
  return known;
}

test("what nobody expects is no router and no harm", () => {
  const known = routers();
  for (const [topic, text] of [["x/state", "[1]"], ["x/state", "{"], ["router/state", "null"], ["status", "online"], ["/status", "online"], ["y/others", "{}"], ["z/info", ""]])
    known.hear(topic, text);
  assert.deepEqual(known.all().map((router) => router.id), ["router"]);
  assert.equal(away("up", known.pick(null)), "connecting", "a state that is none is not shown");
});

test("a router whose topics are taken back is gone", () => {
  const known = routers();
  known.hear("router/status", "");
  assert.equal(known.all().length, 0);
  known.hear("router/state", "");
  assert.equal(known.byId.size, 0);
});

test("the chosen router stays chosen, else one that answers is shown", () => {
  const known = routers();
  known.hear("attic/status", "offline");
  assert.equal(known.pick(null).id, "router");
  assert.equal(known.pick("attic").id, "attic");
  assert.equal(nameOf(known.pick("attic")), "attic");
  assert.equal(new Routers().pick("attic"), null);
});

test("while nothing true can be shown, that is said, and no order can be given", () => {
  const known = routers();
  const router = known.pick(null);
  assert.deepEqual([away("up", router), noOrders("up", router)], [null, null]);
  assert.deepEqual([away("lost", router), noOrders("lost", router)], ["broker", "no_orders_broker"]);
  assert.deepEqual([away("connecting", null), noOrders("connecting", null)], ["connecting", "no_orders_yet"]);
  assert.deepEqual([away("up", null), noOrders("up", null)], ["nobody", "no_orders_yet"]);
  known.hear("router/info", JSON.stringify({commands: false}));
  assert.equal(noOrders("up", router), "no_orders_here");
  known.hear("router/status", "offline");
  assert.deepEqual([away("up", router), noOrders("up", router)], ["router", "no_orders_router"]);
});

test("the switch is what was observed", () => {
  assert.equal(qosOf(QUIET), "off");
  assert.equal(qosOf({...QUIET, qos: null}), "unknown");
  assert.equal(qosOf({...QUIET, wanted: "ON"}), "going_on");
  assert.equal(qosOf({...QUIET, qos: "ON"}), "going_off");
  assert.equal(qosOf({...QUIET, wanted: "ON", error: "it fails"}), "off");
  assert.equal(orderInForce(QUIET), "auto");
  assert.equal(orderInForce(ORDERED), "on");
  assert.equal(orderInForce({...ORDERED, override_until: null}), null, "a mode that lasts is not one for 30 minutes");
});

test("problems in the order of their weight", () => {
  assert.equal(problemOf(QUIET), null);
  assert.equal(problemOf({...QUIET, wanted: "ON", error: "x", remark: "y"}).text, "problem_on");
  assert.equal(problemOf({...QUIET, error: "x"}).text, "problem_off");
  assert.equal(problemOf({...QUIET, error: "another router has the node id router too"}).text, "problem_twins");
  assert.deepEqual(problemOf({...QUIET, detector: "blind", detector_reason: "why"}), {title: "blind_title", text: "sight_text", details: "why", isBad: true});
  assert.equal(problemOf({...QUIET, remark: "y"}).title, "remark_title");
});

test("an order is done when the state says so, not before", () => {
  const known = routers();
  const order = new Order("on", known.pick(null), "t1", 0);
  assert.deepEqual([order.topic, JSON.parse(order.payload)], ["router/qos/set", {state: "ON", for: "30m", transaction: "t1"}]);
  const look = (now) => (order.look(known.byId.get("router"), known.answer, now), order.outcome);
  known.hear("router/response/qos", JSON.stringify({status: "ok", transaction: "t1"}));
  assert.equal(look(100), null, "accepted is not done");
  known.hear("router/state", JSON.stringify({...ORDERED, qos: "OFF"}));
  assert.equal(look(200), null);
  known.hear("router/state", JSON.stringify(ORDERED));
  assert.equal(look(300), "done");
});

test("an order that changes nothing is done by the answer, and not by somebody else's", () => {
  const known = routers();
  const order = new Order("auto", known.pick(null), "t1", 0);
  known.hear("router/response/qos", JSON.stringify({status: "ok", transaction: "t2"}));
  order.look(known.byId.get("router"), known.answer, 100);
  assert.equal(order.outcome, null);
  known.hear("router/response/qos", JSON.stringify({status: "ok", transaction: "t1"}));
  order.look(known.byId.get("router"), known.answer, 200);
  assert.equal(order.outcome, "done");
});

test("an order that is refused, fails or is not answered is told as such", () => {
  const cases = [
    ["order_refused", (known) => known.hear("router/response/qos", JSON.stringify({status: "error", error: "no", transaction: "t1"})), 100],
    ["could_not", (known) => known.hear("router/state", JSON.stringify({...ORDERED, qos: "OFF", error: "no"})), 100],
    ["no_answer", () => {}, PATIENCE_MS + 1],
  ];
  for (const [outcome, happens, now] of cases) {
    const known = routers();
    const order = new Order("on", known.pick(null), "t1", 0);
    happens(known);
    order.look(known.byId.get("router"), known.answer, now);
    assert.equal(order.outcome, outcome);
  }
});

test("what obeys an order", () => {
  assert.equal(isObeyed("on", ORDERED), true);
  assert.equal(isObeyed("off", ORDERED), false);
  assert.equal(isObeyed("auto", QUIET), true);
  assert.equal(isObeyed("auto", {...QUIET, qos: null}), false);
});
