// One order at a time: what is published, and what has become of it. Pure, but for the clock that is handed in.
import {isObeyed} from "./state.js";

export const PATIENCE_MS = 10000;

const PAYLOADS = {on: {state: "ON", for: "30m"}, off: {state: "OFF", for: "30m"}, auto: {state: "AUTO"}};

export class Order {
  // `transaction` comes back in the answer, so that nobody else's is taken for ours.
  constructor(what, router, transaction, now) {
    Object.assign(this, {what, router: router.id, transaction, since: now, before: router.state, isAccepted: false, outcome: null, reason: ""});
  }

  get topic() {
    return `${this.router}/qos/set`;
  }

  get payload() {
    return JSON.stringify({...PAYLOADS[this.what], transaction: this.transaction});
  }

  get isPending() {
    return this.outcome === null;
  }

  end(outcome, now) {
    this.outcome = outcome;
    this.ended = now;
  }

  // After each message, and from time to time. `router` is as it stands now, `answer` the newest on response/qos.
  look(router, answer, now) {
    if (!this.isPending) return;
    if (answer?.transaction === this.transaction) {
      this.isAccepted = answer.status === "ok";
      if (!this.isAccepted) {
        this.reason = String(answer.error ?? "");
        return this.end("order_refused", now);
      }
    }
    const state = router?.state;
    // A state from before the order proves nothing, unless the router has said since that it has nothing to change.
    const isNew = this.isAccepted || state !== this.before;
    if (state && isNew && isObeyed(this.what, state)) return this.end("done", now);
    if (state && state !== this.before && state.error) return this.end("could_not", now);
    if (now - this.since > PATIENCE_MS) this.end("no_answer", now);
  }
}
