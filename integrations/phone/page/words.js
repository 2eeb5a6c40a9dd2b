// What is said, in the language of the browser; moments, numbers and durations as its locale writes them.
import de from "./words/de.json";
import en from "./words/en.json";
import es from "./words/es.json";
import fr from "./words/fr.json";

const LANGUAGES = {de, en, es, fr};
const locale = navigator.language || "en";
export const language = (navigator.languages ?? [locale]).map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => LANGUAGES[tag]) ?? "en";
const words = LANGUAGES[language];

export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function rate(kbit) {
  const [value, unit] = kbit >= 1000 ? [kbit / 1000, "Mbit/s"] : [kbit, "kbit/s"];
  const digits = kbit >= 1000 && value < 100 ? 1 : 0;
  return `${value.toLocaleString(locale, {maximumFractionDigits: digits})}\u00a0${unit}`;
}

export function percent(value) {
  return (value / 100).toLocaleString(locale, {style: "percent", maximumFractionDigits: 1});
}

export function number(value) {
  return value.toLocaleString(locale, {maximumFractionDigits: 1});
}

// With the day, where it is not today.
export function moment(text, now) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return "";
  const isToday = at.toDateString() === new Date(now).toDateString();
  const day = isToday ? {} : {day: "numeric", month: "short"};
  return at.toLocaleString(locale, {...day, hour: "numeric", minute: "2-digit"});
}

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}\u00a0h` : `${minutes}:${two(whole % 60)}\u00a0min`;
}

export function since(text, now) {
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : (now - at) / 1000;
}

// All that stands fixed on the page.
export function translate(root) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
}
