// Joins the parts: login -> connection -> what the routers say -> the page, and taps -> orders.
import {Connection, randomText} from "./connection.js";
import {LoginForm, keepRouter, kept} from "./login.js";
import {Order} from "./order.js";
import {Routers, noOrders} from "./state.js";
import {draw} from "./view.js";
import {say, translate} from "./words.js";

// Retained messages come one by one after a connection; until then what was shown stays.
const SETTLED_MS = 500;
const $ = (id) => document.getElementById(id);

let login = null;
let link = "connecting";
let chosen = null;
let routers = new Routers();
let order = null;
let upSince = 0;

const connection = new Connection({
  link(state, reason) {
    if (state === "wrong" || state === "refused") {
      showLogin(state === "wrong" ? say("login_wrong") : say("login_refused", {reason}));
      return;
    }
    if (state === "up") {
      routers = new Routers();
      upSince = Date.now();
      setTimeout(redraw, SETTLED_MS + 10);
    }
    if (state === "lost" && order?.isPending) order.end("not_sent", Date.now());
    // While it tries again it stays lost, and what is opened anew after a pause need not flicker.
    link = state === "connecting" && link === "up" ? link : state;
    redraw();
  },
  message(what, text) {
    routers.hear(what, text);
    order?.look(routers.byId.get(order.router), routers.answer, Date.now());
    redraw();
  },
});

const form = new LoginForm({
  connect(wanted) {
    login = wanted;
    chosen = null;
    showHome();
    routers = new Routers();
    link = "connecting";
    connection.open(login);
  },
  back: showHome,
});

function showLogin(error = "") {
  screen(true);
  form.open(login ?? kept(), {error, canGoBack: !error && login !== null});
}

function showHome() {
  screen(false);
  redraw();
}

function screen(isLogin) {
  $("login").hidden = !isLogin;
  for (const id of ["home", "orders", "open-login"]) $(id).hidden = isLogin;
}

function redraw() {
  if ($("home").hidden) return;
  const now = Date.now();
  const router = routers.pick(chosen);
  if (link === "up" && !router?.state && now - upSince < SETTLED_MS) return;
  // Whatever else appears later: nobody's finger shall find another router under it.
  if (link === "up") chosen ??= router?.id ?? null;
  draw({link, routers, router, order, now, choose});
}

function choose(id) {
  chosen = id;
  keepRouter(id);
  redraw();
}

async function give(what) {
  const router = routers.pick(chosen);
  if (noOrders(link, router) || order?.isPending) return;
  const given = new Order(what, router, randomText(), Date.now());
  order = given;
  redraw();
  if (!(await connection.publish(given.topic, given.payload)) && given.isPending) given.end("not_sent", Date.now());
  redraw();
}

translate(document);
$("order-buttons").setAttribute("aria-label", say("order_group"));
for (const button of $("order-buttons").children) button.addEventListener("click", () => give(button.dataset.order));
$("open-login").addEventListener("click", () => showLogin());
// What ticks: how long a call goes on, and how long an order may wait.
setInterval(() => {
  order?.look(routers.byId.get(order.router), routers.answer, Date.now());
  redraw();
}, 1000);
login = kept();
if (login) {
  chosen = login.router ?? null;
  showHome();
  connection.open(login);
} else {
  showLogin();
}
