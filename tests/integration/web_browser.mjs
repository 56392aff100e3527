// node web_browser.mjs MODULES CHROMIUM: what web_browser.sh does in a browser. The environment has the
// registry's address and tokens. Ends with exit status 1 and says what is wrong.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [modules, chromium] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const playwright = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { MKT_REGISTRY: registry, APPROVER, ADMIN, FIRST, SECOND, LONG, SHOTS } = process.env;

const failures = [];
failures.push = (what) => console.error(what) ?? Array.prototype.push.call(failures, what);
const check = (condition, what) => {
  if (!condition) failures.push(what);
};

const browser = await playwright.chromium.launch({ executablePath: chromium, args: ['--no-sandbox'] });

const looks = {
  desk: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 375, height: 740 }, colorScheme: 'light', hasTouch: true },
};

// A context whose pages fail the test for anything that runs, loads from elsewhere, or is refused by the
// policy of the page. `bypass` lets axe be injected, which the policy would refuse.
async function open(look, bypass) {
  const context = await browser.newContext({ ...looks[look], bypassCSP: bypass });
  context.setDefaultTimeout(120_000); // beside a busy machine's other work
  const page = await context.newPage();
  page.on('dialog', (dialog) => {
    failures.push(`a script ran: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) failures.push(`${page.url()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(registry)) failures.push(`${page.url()} loads ${request.url()}`);
  });
  return { context, page };
}

async function signIn(page, token) {
  await page.goto(`${registry}/sign-in`);
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

// axe finds nothing, and nothing is wider than the screen.
async function look(page, name, path) {
  await page.goto(registry + path);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  check(width[0] <= width[1], `${name} ${path}: ${width[0]} pixels on a screen of ${width[1]}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const v of violations) failures.push(`${name} ${path}: ${v.id}: ${v.nodes[0].html}`);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}${path.replace(/\W+/g, '-')}.png`, fullPage: true });
}

const everyone = ['/', '/search', '/search?q=tool', '/search?q=nothing+at+all', '/connectors/tool', '/connectors/tool/1.0.0',
  '/connectors/nasty', `/connectors/${LONG}`, '/connectors/tool/diff/1.0.0...1.1.0', '/publishers/acme', '/status', '/sign-in', '/connectors/none', '/log'];
const approvers = ['/', '/connectors/tool', '/requests', `/requests/team/${FIRST}`];
const admins = ['/log', '/status', '/requests', '/requests?tenant=team', `/requests/team/${FIRST}`];
for (const name of Object.keys(looks)) {
  const { context, page } = await open(name, true);
  for (const path of everyone) await look(page, name, path);
  await signIn(page, APPROVER);
  for (const path of approvers) await look(page, name, path);
  await context.clearCookies();
  await signIn(page, ADMIN);
  for (const path of admins) await look(page, name, path);
  await context.close();
}

// --- A visit, by mouse, under the page's own policy -----------------------------------------------------
{
  const { context, page } = await open('desk', false);
  await page.goto(registry);
  await page.getByRole('searchbox').fill('tool');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('main').getByRole('link', { name: 'tool', exact: true }).click();
  check(await page.getByRole('heading', { level: 1, name: 'The tool' }).isVisible(), 'the page of a connector');
  await page.getByRole('link', { name: 'since 1.0.0' }).click();
  check(await page.getByText('+ It really helps.').count() === 0 && await page.locator('ins').count() > 0, 'a difference');
  await page.locator('select[name=from]').selectOption('1.1.0');
  await page.locator('select[name=to]').selectOption('1.0.0');
  await page.getByRole('button', { name: 'Compare' }).click();
  check(page.url().endsWith('/connectors/tool/diff/1.1.0...1.0.0'), `compared ${page.url()}`);
  await page.goto(`${registry}/connectors/nasty`);
  check(await page.locator('script, iframe, svg, style, main img').count() === 0, 'a README or manifest became an element');

  await signIn(page, APPROVER);
  const [cookie] = await context.cookies();
  check(cookie.httpOnly && cookie.sameSite === 'Strict', 'the cookie of a session');
  check(await page.evaluate(() => document.cookie) === '', 'a script can read the cookie');
  await page.getByRole('link', { name: 'Requests' }).click();
  await page.locator(`a[href="/requests/team/${FIRST}"]`).click();
  check(await page.getByText('tool drop').isVisible(), 'a review card without what is new');
  const deny = page.getByRole('form', { name: 'Deny' });
  await deny.getByLabel('Reason').fill('Not before the audit');
  await deny.getByLabel('Your token').fill('mkt_wrong');
  await deny.getByRole('button', { name: 'Deny' }).click();
  check(await page.getByRole('alert').isVisible(), 'a wrong token decides');
  await page.getByRole('form', { name: 'Deny' }).getByLabel('Reason').fill('Not before the audit');
  await page.getByRole('form', { name: 'Deny' }).getByLabel('Your token').fill(APPROVER);
  await page.getByRole('form', { name: 'Deny' }).getByRole('button', { name: 'Deny' }).click();
  check(await page.getByText('Not before the audit').isVisible(), 'a denial');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  await page.goto(`${registry}/requests`);
  check(await page.getByRole('heading', { level: 1, name: 'Please sign in' }).isVisible(), 'signed out');

  // A page of another site cannot decide: the browser sends no cookie with its form.
  await signIn(page, APPROVER);
  const other = await context.newPage();
  await other.route('http://other.example/', (route) => route.fulfill({
    contentType: 'text/html',
    body: `<form method="post" action="${registry}/requests/team/${SECOND}/approve"><input name="token" value="x"><button>go</button></form>`,
  }));
  await other.goto('http://other.example/');
  const [answer] = await Promise.all([
    other.waitForResponse((r) => r.url().endsWith('/approve')),
    other.getByRole('button').click(),
  ]);
  check(answer.status() === 403, `a form of another site: ${answer.status()}`);
  await context.close();
}

// --- By keyboard alone: sign in, find the request, approve ----------------------------------------------
{
  const { context, page } = await open('desk', false);
  const focused = () => page.evaluate(() => {
    const e = document.activeElement;
    return e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent;
  });
  // Presses Tab until that is focused, and sees the focus on the way.
  const tabTo = async (what) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const e = document.activeElement;
        return e === document.body || getComputedStyle(e).outlineStyle !== 'none';
      });
      check(seen, `no focus is seen on "${await focused()}" of ${page.url()}`);
      if ((await focused()).trim() === what) return;
    }
    throw new Error(`"${what}" cannot be reached by Tab on ${page.url()}`);
  };
  await page.goto(registry);
  await page.keyboard.press('Tab');
  check(await focused() === 'Skip to the content', 'the first stop is no skip link');
  await page.keyboard.press('Enter');
  check(await page.evaluate(() => document.activeElement.id) === 'main', 'the skip link does not skip');
  await page.goto(registry);
  await tabTo('Sign in');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in');
  await tabTo('Token');
  await page.keyboard.type(APPROVER);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await tabTo('Requests');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/requests');
  await tabTo('tool 1.0.0');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/requests/team/${SECOND}`);
  await tabTo('Your token, again');
  await page.keyboard.type(APPROVER);
  await tabTo('Approve');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  check(await page.locator('.badge', { hasText: 'approved' }).isVisible(), 'approved by keyboard');
  await context.close();
}

await browser.close();
process.exit(failures.length > 0 ? 1 : 0);
