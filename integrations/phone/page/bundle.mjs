// node bundle.mjs PACKAGES OUT: the sources here and mqtt.js from the folder of packages as one plain script, since mosquitto names no
// type of what it sends, and a browser takes no module then. mqtt.js has a ready bundle too, which is half as large again: it
// brings what only Node.js can use, and workers, which the page's policy forbids.
import {createRequire} from "node:module";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const [packages, out] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const {build} = createRequire(join(packages, "package.json"))("esbuild");

// Node.js's own modules that a browser has none of, and what connects in other ways than by WebSocket.
const NOTHING = /^(net|tls|fs|url|dns|stream|util|assert|http|https|ws|socks|worker-timers|\.\/(tcp|tls|ali|wx|socks))$/;
const SHIMS = `export {Buffer} from "${join(packages, "buffer/index.js")}";
import process from "${join(packages, "process/browser.js")}"; export {process};`;

const browser = {
  name: "browser",
  setup({onResolve, onLoad}) {
    onResolve({filter: NOTHING}, ({importer}) => importer.startsWith(packages) ? {path: "nothing", namespace: "nothing"} : null);
    onLoad({filter: /.*/, namespace: "nothing"}, () => ({contents: "module.exports = {};"}));
    onResolve({filter: /^mqtt$/}, () => ({path: join(packages, "mqtt/build/index.js")}));
    onResolve({filter: /^shims$/}, () => ({path: "shims", namespace: "shims"}));
    onLoad({filter: /.*/, namespace: "shims"}, () => ({contents: SHIMS, resolveDir: packages}));
  },
};

await build({
  entryPoints: [join(here, "main.js")],
  outfile: out,
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  target: "es2020",
  legalComments: "eof",
  logLevel: "warning",
  define: {global: "globalThis"},
  inject: ["shims"],
  nodePaths: [packages],
  plugins: [browser],
});
