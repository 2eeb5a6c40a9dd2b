// A dashboard that finds the routers with voip-qosd by itself, and their entities whatever they are called. How to install it: README.md
// beside this file. Built-in cards only, and nothing that needs an administrator. dashboard.yaml has the same cards for one router;
// tests/docs/dashboards_test.py holds both to the same words.

const TYPE = "voip-qos";
const TITLE = "VoIP QoS";

// What stays when an entity or a device is renamed is what discovery calls it: the device of a node is ["mqtt", "voip_qosd_ID"], its
// entities have that, "_" and a key as their unique id. Devices watched for calls have a colon in theirs.
const NODE = /^voip_qosd_([\w-]+)$/;

// -- finding --------------------------------------------------------------------------------------------------------------------

// Short, for the tabs on a telephone: discovery puts "VoIP QoS" before what the node is called.
const nameOf = (device) => device.name_by_user || device.name?.replace(/^VoIP QoS (?=\S)/, "");

async function nodesOf(given) {
  // What is given may be as old as the page, which waits for this file; what has changed since would be missed.
  const hass = document.querySelector("home-assistant")?.hass || given;
  const nodes = new Map();
  for (const device of Object.values(hass.devices || {})) {
    for (const [domain, identifier] of device.identifiers || []) {
      const id = domain === "mqtt" && NODE.exec(identifier)?.[1];
      if (id) nodes.set(device.id, {id, identifier, name: nameOf(device) || id, since: device.created_at || 0, entities: {}});
    }
  }
  // hass.entities has all that are not disabled, but not their unique ids; everybody may ask for those.
  const ids = Object.values(hass.entities || {}).filter((entity) => nodes.has(entity.device_id)).map((entity) => entity.entity_id);
  const entries = ids.length ? await hass.callWS({type: "config/entity_registry/get_entries", entity_ids: ids}) : {};
  for (const entry of Object.values(entries)) {
    const node = entry && nodes.get(entry.device_id);
    const begin = `${node?.identifier}_`, unique = String(entry?.unique_id);
    if (node && !entry.disabled_by && unique.startsWith(begin)) node.entities[unique.slice(begin.length)] = entry.entity_id;
  }
  known = [...nodes.values()].flatMap((node) => Object.values(node.entities));
  for (const node of nodes.values()) node.entities = withoutLeftOver(node.entities, hass.states);
  // Not by name: Home Assistant stays on the view of the same number, which would be that of another router once one is renamed.
  const found = [...nodes.values()].sort((a, b) => a.since - b.since || a.id.localeCompare(b.id));
  const names = found.map((node) => node.name);
  // Two routers may have one name.
  for (const node of found) node.title = names.filter((name) => name === node.name).length > 1 ? `${node.name} (${node.id})` : node.name;
  return found;
}

// Home Assistant also keeps what a router once had, as its switch from before it took no orders: without a state, or with one that is
// "restored". While the router's "Connection" is like that, too, Home Assistant just has not heard of it yet, and all stays.
const isAlive = (id, states) => Boolean(states?.[id]) && !states[id].attributes.restored;

function withoutLeftOver(entities, states) {
  if (!states) return entities;
  const isHeard = !entities.connection || isAlive(entities.connection, states);
  return Object.fromEntries(Object.entries(entities).filter(([, id]) => (isHeard ? isAlive(id, states) : states[id])));
}

// The entities of the last dashboard that was made, and of those that were left over.
let known = [];

// -- leaving out what is not there ----------------------------------------------------------------------------------------------

// The card, without the rows whose entity is missing or disabled; nothing where it would show or depend on no entity.
function withWhatIsThere(card) {
  if ("entity" in card && !card.entity) return [];
  if (card.visibility?.some((condition) => !condition.entity)) return [];
  if (!card.entities) return [card];
  const entities = card.entities.filter((row) => row.entity);
  return entities.length ? [{...card, entities}] : [];
}

function section(cards, more = {}) {
  const there = cards.flatMap(withWhatIsThere);
  // A heading stands before something.
  const shown = there.filter((card, i) => card.type !== "heading" || (there[i + 1] && there[i + 1].type !== "heading"));
  return shown.length ? [{type: "grid", ...more, cards: shown}] : [];
}

// -- cards ----------------------------------------------------------------------------------------------------------------------

const FULL = {grid_options: {columns: "full"}};

const heading = (text, icon) => ({type: "heading", heading: text, icon});
const tile = (entity, name, more = {}) => ({type: "tile", entity, name, ...more, ...FULL});
const curve = (entity, name, color) => tile(entity, name, {color, features: [{type: "trend-graph", hours_to_show: 6}]});
const history = (hours, entities, more = {}) => ({type: "history-graph", hours_to_show: hours, entities, ...more});
const text = (condition, content) => ({type: "markdown", visibility: [{condition: "state", ...condition}], content, ...FULL});

// It presses when it is touched, where a tile of its own would show more of the button.
const button = (entity, name, more = {}) => ({
  type: "tile", entity, name, hide_state: true,
  tap_action: {action: "perform-action", perform_action: "button.press", target: {entity_id: entity}},
  icon_tap_action: {action: "none"},
  ...more,
});

const statistics = (entity, name, color) => ({
  type: "statistics-graph", title: name, days_to_show: 14, period: "hour", chart_type: "line", stat_types: ["mean", "max"],
  entities: [{entity, name, color}],
});

// In the place of all else while the router cannot be reached: what is shown then would be old, and no order would arrive.
const absence = ({connection}) => section(
  [
    text(
      {entity: connection, state: "off"},
      '<ha-alert alert-type="warning" title="The router does not answer">Calls go on, but nothing can be seen or ordered here. If it ' +
        "stays so, look whether the router is on and connected, and start voip-qosd there, or restart the router. </ha-alert>",
    ),
    text(
      {entity: connection, state_not: ["on", "off"]},
      `<ha-alert alert-type="warning" title="Home Assistant's broker does not answer">Calls go on, and the router goes on by itself, ` +
        "but nothing can be seen or ordered here. Look at Settings, Devices &amp; services, MQTT.</ha-alert>",
    ),
  ],
  {column_span: 3, visibility: [{condition: "state", entity: connection, state_not: "on"}]},
);

const now = (e) => [
  heading("Now", "mdi:phone"),
  tile(e.on_the_phone, "On the phone"),
  // A router that takes no orders has no switch.
  e.qos
    ? tile(e.qos, "QoS", {color: "amber", features: [{type: "toggle"}], features_position: "inline"})
    : tile(e.qos_state, "QoS", {color: "amber"}),
  tile(e.summary, "Status"),
  button(e.on_30_minutes, "On for 30 minutes", {color: "amber"}),
  button(e.off_30_minutes, "Off for 30 minutes"),
  button(e.automatic, "Automatic again", FULL),
  tile(e.mode, "Mode", {features: [{type: "select-options", style: "buttons"}]}),
  // What comes and goes stands below the controls, so that it moves none of them.
  text(
    {entity: e.problem, state: "on"},
    `<ha-alert alert-type="error" title="Something is wrong">{{ state_attr('${e.problem}', 'meaning') }}</ha-alert>\n` +
      `<details><summary>Details</summary>{{ state_attr('${e.problem}', 'error') }}</details>`,
  ),
  text(
    {entity: e.detector, state: ["Some calls may be missed", "No call can be seen"]},
    `<ha-alert alert-type="warning" title="{{ states('${e.detector}') }}">Calls that the router does not see are not protected. On the ` +
      "router, voip-qosd doctor says what to do.</ha-alert>\n" +
      `<details><summary>Details</summary>{{ state_attr('${e.detector}', 'reason') }}</details>`,
  ),
];

const line = (e) => [
  heading("What calls take of the line", "mdi:chart-line"),
  // One curve each: those of a call lie on each other.
  curve(e.upload, "Upload of calls", "blue"),
  curve(e.download, "Download of calls", "deep-orange"),
  heading("The day", "mdi:history"),
  history(24, [
    {entity: e.call, name: "Call"},
    {entity: e.qos || e.qos_state, name: "QoS"},
    {entity: e.reason, name: "Reason"},
  ]),
];

const calls = (e) => [
  heading("Calls", "mdi:phone-log"),
  // Home Assistant's own log tells a call again each time its broker comes back; this list has each once.
  text(
    {entity: e.last_call, state_not: ["unknown", "unavailable"]},
    `{%- set last = states['${e.last_call}'].attributes %}
| When | Who | How long |
|---|---|---|
{%- for call in [last] + last.get('before', []) %}
| {{ (call.started | as_datetime | as_local).strftime('%d %b %H:%M') }} | {{ call.device }} | {{ '%d:%02d' | format(call.duration_s // 60, call.duration_s % 60) }} min |
{%- endfor %}`,
  ),
  text({entity: e.last_call, state: "unknown"}, "No call has been seen yet."),
  heading("Settings", "mdi:cog"),
  {
    type: "entities",
    entities: [
      {entity: e.release_after, name: "QoS stays on after a call"},
      {entity: e.override_for, name: "An order lasts"},
      {entity: e.sensitivity, name: "Sensitivity"},
      {entity: e.detector, name: "Call detection"},
      {entity: e.recheck, name: "Look at the router again"},
    ],
  },
];

const weeks = (e) => [
  heading("What calls take of the line, the most and the mean of each hour", "mdi:chart-line"),
  statistics(e.upload, "Upload", "#2196f3"),
  statistics(e.download, "Download", "#ff6f22"),
  heading("Calls and QoS", "mdi:history"),
  history(168, [{entity: e.call, name: "Call"}, {entity: e.qos || e.qos_state, name: "QoS"}], FULL),
  heading("The line", "mdi:transit-connection-variant"),
  history(
    168,
    [
      {entity: e.line_upload, name: "Line upload", color: "#2196f3"},
      {entity: e.line_download, name: "Line download", color: "#ff6f22"},
      {entity: e.bottleneck, name: "Bottleneck"},
    ],
    FULL,
  ),
];

// -- views ----------------------------------------------------------------------------------------------------------------------

function viewOf({id, title, entities}, isOnly) {
  // Whoever has disabled "Connection" sees all, always.
  const reached = entities.connection ? {visibility: [{condition: "state", entity: entities.connection, state: "on"}]} : {};
  return {
    // A tab with an icon shows no name.
    ...(isOnly ? {title: TITLE, icon: "mdi:phone-lock"} : {title}),
    path: `qos-${id}`,
    type: "sections",
    max_columns: 3,
    sections: [...absence(entities), ...[now, line, calls].flatMap((part) => section(part(entities), reached))],
  };
}

function weeksOf(nodes) {
  // Where there are several, each has its name above, and the headings below that are smaller.
  const titled = ({title}, cards) =>
    nodes.length === 1
      ? cards
      : [heading(title, "mdi:router-network"), ...cards.map((card) => (card.type === "heading" ? {...card, heading_style: "subtitle"} : card))];
  const sections = nodes.flatMap((node) => section(weeks(node.entities), {column_span: 2}).map((one) => ({...one, cards: titled(node, one.cards)})));
  return {title: "Weeks", path: "weeks", icon: "mdi:calendar-week", type: "sections", max_columns: 2, sections};
}

const NOBODY = {
  title: TITLE,
  path: "qos",
  icon: "mdi:phone-lock",
  type: "sections",
  sections: [{
    type: "grid",
    cards: [{
      type: "markdown",
      content:
        '<ha-alert alert-type="info" title="No router is known yet">A router with voip-qosd appears here by itself as soon as it and Home ' +
        "Assistant are connected to the same broker. Add the integration MQTT in Settings, Devices &amp; services, and on the router give " +
        "that broker's address in [mqtt] of voip-qosd.toml. There, voip-qosd doctor says whether it is reached.</ha-alert>",
      ...FULL,
    }],
  }],
};

class VoipQosStrategy extends HTMLElement {
  // Made again for a router that is new, an entity that is renamed, and one that comes to life or is left over.
  static shouldRegenerate(_config, before, now) {
    if (before.entities !== now.entities || before.devices !== now.devices) return true;
    return before.states !== now.states && known.some((id) => isAlive(id, before.states) !== isAlive(id, now.states));
  }

  static async generate(_config, hass) {
    const nodes = await nodesOf(hass);
    return {title: TITLE, views: nodes.length ? [...nodes.map((node) => viewOf(node, nodes.length === 1)), weeksOf(nodes)] : [NOBODY]};
  }
}

const TAG = `ll-strategy-dashboard-${TYPE}`;
if (!customElements.get(TAG)) {
  customElements.define(TAG, VoipQosStrategy);
  // For Settings > Dashboards > Add dashboard.
  window.customStrategies = window.customStrategies || [];
  window.customStrategies.push({
    type: TYPE, strategyType: "dashboard", name: TITLE, description: "Calls and QoS of every router with voip-qosd, found by itself",
  });
}
