// What is known onto the page. Text only: nothing that came over MQTT becomes markup.
import {away, isOnline, nameOf, noOrders, orderInForce, problemOf, qosOf} from "./state.js";
import {PATIENCE_MS} from "./order.js";
import * as w from "./words.js";

const {say} = w;
const $ = (id) => document.getElementById(id);

// Only what is different is touched: screen readers and the focus notice each touch.
function put(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
  return element;
}

function show(id, isShown) {
  if ($(id).hidden === isShown) $(id).hidden = !isShown;
}

function putOrHide(id, text) {
  put(id, text);
  show(id, text !== "");
}

// seen: {link, routers, router (the chosen one), order, now}
export function draw(seen) {
  const {link, router} = seen;
  const kind = away(link, router);
  const title = router ? nameOf(router) : "VoIP QoS";
  put("title", title);
  if (document.title !== title) document.title = title;
  drawRouters(seen, kind);
  show("away", kind !== null);
  if (kind) {
    put("away-title", say(`${kind}_title`));
    put("away-text", say(`${kind}_text`));
    $("away").classList.toggle("calm", kind === "connecting");
  }
  for (const card of ["call", "qos", "problem", "last", "line"]) if (kind) show(card, false);
  if (!kind) drawHome(router, seen.now);
  drawOrders(seen);
  speak(kind ? "" : `${$("qos-heading").textContent}: ${$("qos-title").textContent}. ${$("call-title").textContent}.`);
}

function drawHome(router, now) {
  const {state} = router;
  show("call", true);
  show("qos", true);
  drawCall(router, now);
  const qos = qosOf(state);
  put("qos-title", say(`qos_${qos}`));
  $("qos").className = `card ${qos}`;
  put("qos-why", why(state, now));
  drawProblem(problemOf(state));
  drawLast(router, now);
  drawLine(router.line);
}

function drawCall(router, now) {
  const {state, rates} = router;
  const isActive = state.call_active === true;
  const who = Array.isArray(state.in_call) ? state.in_call.map(String).join(", ") : "";
  $("call").classList.toggle("on", isActive);
  put("call-title", isActive ? who || say("call_unnamed") : say("call_none"));
  const values = {time: w.moment(state.call_started, now), duration: w.duration(w.since(state.call_started, now)), count: state.calls};
  putOrHide("call-since", isActive && state.call_started ? say(state.calls > 1 ? "call_several" : "call_since", values) : "");
  const hasRates = isActive && isNumber(rates?.up_kbit) && isNumber(rates?.down_kbit);
  show("call-rates", hasRates);
  if (hasRates) drawRates("call", rates);
  putOrHide("call-quality", isActive ? quality(router.quality) : "");
}

function drawRates(id, rates) {
  put(`${id}-up`, isNumber(rates.up_kbit) ? say("up", {rate: w.rate(rates.up_kbit)}) : "");
  put(`${id}-down`, isNumber(rates.down_kbit) ? say("down", {rate: w.rate(rates.down_kbit)}) : "");
}

function why(state, now) {
  const isByHand = state.mode === "on" || state.mode === "off";
  if (isByHand && state.override_until) return say(`until_${state.mode}`, {time: w.moment(state.override_until, now)});
  return say(isByHand && state.reason === "manual" ? `always_${state.mode}` : `reason_${state.reason}`);
}

function drawProblem(problem) {
  show("problem", problem !== null);
  if (!problem) return;
  put("problem-title", say(problem.title));
  put("problem-text", say(problem.text));
  put("problem-details", problem.details);
  show("problem-more", problem.details !== "");
  $("problem").classList.toggle("calm", !problem.isBad);
}

function drawLast(router, now) {
  const call = router.last_call;
  show("last", Boolean(call?.started));
  if (!call?.started) return;
  put("last-who", say("last_who", {who: String(call.device ?? ""), duration: w.duration(Number(call.duration_s) || 0)}));
  put("last-when", w.moment(call.started, now));
  putOrHide("last-quality", router.state.call_active === true ? "" : quality(router.quality));
}

function drawLine(line) {
  const isKnown = isNumber(line?.up_kbit) || isNumber(line?.down_kbit);
  show("line", isKnown);
  if (!isKnown) return;
  drawRates("line", line);
  putOrHide("line-full", ["upload", "download"].includes(line.bottleneck) ? say(`full_${line.bottleneck}`) : "");
}

// "Quality: bad (MOS 2.1, 3.4 % missing), because of the upload"
function quality(said) {
  if (!["good", "fair", "bad", "unknown"].includes(said?.grade)) return "";
  const figures = [];
  if (isNumber(said.mos)) figures.push(`MOS\u00a0${w.number(said.mos)}`);
  if (said.missing_percent > 0) figures.push(say("missing", {percent: w.percent(said.missing_percent)}));
  const cause = ["upload", "download", "home", "far_end"].includes(said.cause) ? `, ${say(`cause_${said.cause}`)}` : "";
  return say(`quality_${said.grade}`) + (figures.length ? ` (${figures.join(", ")})` : "") + cause;
}

function drawRouters({routers, router, choose}, kind) {
  const list = $("routers");
  const all = kind === "broker" ? [] : routers.all();
  show("routers", all.length > 1);
  if (all.length < 2) return;
  const ids = all.map((one) => one.id);
  if ([...list.children].map((button) => button.dataset.router).join("\n") !== ids.join("\n")) {
    list.setAttribute("aria-label", say("routers"));
    list.replaceChildren(...ids.map((id) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.router = id;
      button.append(document.createElement("b"), " ", document.createElement("span"));
      button.addEventListener("click", () => choose(id));
      return button;
    }));
  }
  all.forEach((one, number) => {
    const button = list.children[number];
    const texts = [nameOf(one), say(!isOnline(one) ? "router_away" : one.state?.call_active ? "router_in_call" : "router_quiet")];
    [button.firstChild, button.lastChild].forEach((part, i) => part.textContent !== texts[i] && (part.textContent = texts[i]));
    button.setAttribute("aria-pressed", String(one.id === router.id));
  });
}

function drawOrders({link, router, order, now}) {
  const reason = noOrders(link, router);
  const isPending = Boolean(order?.isPending);
  const inForce = !reason && orderInForce(router.state);
  for (const button of $("order-buttons").children) {
    // Not "disabled": a button that is cannot be reached, and a screen reader could not tell why.
    button.setAttribute("aria-disabled", String(Boolean(reason) || isPending));
    button.setAttribute("aria-pressed", String(button.dataset.order === inForce));
    button.classList.toggle("asked", isPending && button.dataset.order === order.what);
  }
  const isTold = order && order.router === router?.id && (isPending || now - order.ended < (order.outcome === "done" ? 4000 : 30000));
  const outcome = isTold ? say(order.outcome ?? "asked", {seconds: PATIENCE_MS / 1000, reason: order.reason}) : "";
  const said = $("order-said");
  put("order-said", reason ? say(reason) : outcome);
  said.classList.toggle("failed", !reason && isTold && !isPending && order.outcome !== "done");
}

// The switch and the call, to those who hear the page; not the seconds and rates that tick.
function speak(text) {
  put("spoken", text);
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}
