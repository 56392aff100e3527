// node event_source.mjs CLIENT MODULES URL [TOKEN]: reads the feed by an EventSource, and prints a line for all that
// it is told: "open", "again" (it comes back by itself), "closed" (it gave up), or "KIND ID CONNECTOR@VERSION".
//
//   own       the one of node (--experimental-eventsource)
//   package   that of the npm package eventsource in MODULES, with the token where there is one
//   browser   that of the chromium of the environment, by playwright-core in MODULES
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [client, modules, url, token] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const kinds = ['published', 'deprecated', 'quarantined', 'visibility_changed'];

// Runs in a page, too.
function listen(EventSource, url, kinds, options, say) {
  const source = new EventSource(url, options);
  source.onopen = () => say('open');
  source.onerror = () => say(source.readyState === 2 ? 'closed' : 'again');
  source.onmessage = (event) => say(`message ${event.lastEventId}`);
  for (const kind of kinds) {
    source.addEventListener(kind, (event) => {
      const entry = JSON.parse(event.data);
      say(`${event.type} ${event.lastEventId} ${entry.connectorId}@${entry.version}`);
    });
  }
}

const say = (line) => console.log(line);
setInterval(() => {}, 60_000); // node's own does not keep the program alive while it waits to come back
if (client === 'own') {
  listen(globalThis.EventSource, url, kinds, {}, say);
} else if (client === 'package') {
  const { EventSource } = await import(pathToFileURL(require.resolve('eventsource')));
  const fetchWith = (to, init) => fetch(to, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
  listen(EventSource, url, kinds, token ? { fetch: fetchWith } : {}, say);
} else {
  const playwright = require('playwright-core');
  const browser = await playwright.chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  await page.exposeFunction('say', say);
  await page.goto(new URL('/', url).href);
  await page.evaluate(`(${listen})(EventSource, ${JSON.stringify(url)}, ${JSON.stringify(kinds)}, {}, say)`);
  process.on('SIGTERM', () => browser.close().finally(() => process.exit()));
}
