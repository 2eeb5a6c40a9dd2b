// The login form, and what is kept of it. The password is in no address and in no cookie; kept only if wanted.
import {say} from "./words.js";

const KEPT = "voip-qosd-login";
const $ = (id) => document.getElementById(id);

export function kept() {
  try {
    const login = JSON.parse(localStorage.getItem(KEPT));
    return login && typeof login.base === "string" && typeof login.broker === "string" ? login : null;
  } catch {
    return null;
  }
}

// Of several routers the one that was looked at last, where a login is kept.
export function keepRouter(router) {
  const login = kept();
  if (login) keep({...login, router});
}

function keep(login) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(login));
  } catch {
    // A private window may keep nothing; it works without.
  }
}

export class LoginForm {
  constructor({connect, back}) {
    this.connect = connect;
    $("login-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    $("back").addEventListener("click", back);
    $("forget").addEventListener("click", () => {
      forget();
      for (const id of ["user", "password"]) $(id).value = "";
      $("keep").checked = false;
      $("forget").hidden = true;
      $("user").focus();
    });
  }

  open(login, {error = "", canGoBack = false} = {}) {
    $("user").value = login?.user ?? "";
    $("password").value = login?.password ?? "";
    $("base").value = login?.base ?? "voip-qos";
    $("broker").value = login?.broker ?? "";
    $("keep").checked = kept() !== null;
    $("forget").hidden = kept() === null;
    $("back").hidden = !canGoBack;
    this.#complain(error);
    $(error ? "password" : "user").focus();
  }

  #submit() {
    const login = {user: $("user").value, password: $("password").value, base: $("base").value.trim() || "voip-qos", broker: $("broker").value.trim()};
    if (login.broker && !/^wss?:\/\/[^/@\s]+(\/\S*)?$/.test(login.broker)) return this.#complain(say("login_no_address"));
    if (login.broker.startsWith("ws:") && location.protocol === "https:") return this.#complain(say("login_not_secure"));
    this.#complain("");
    if ($("keep").checked) {
      keep(login);
    } else {
      forget();
    }
    this.connect(login);
  }

  #complain(text) {
    $("login-error").textContent = text;
    $("login-error").hidden = text === "";
  }
}

function forget() {
  try {
    localStorage.removeItem(KEPT);
  } catch {
    // Nothing is kept where nothing may be.
  }
}
