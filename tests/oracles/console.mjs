// The console in a real browser: `node console.mjs PLAN CHROMIUM [SCREENSHOTS]`. PLAN is JSON: `address` (with the token),
// `pages` ({name: path}), `flow` (steps by the keyboard alone). Prints what axe, the console and the network say of each page
// in each colour scheme and width, and what the flow found.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const [planFile, chromium, screenshots] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, "utf8"));
const origin = new URL(plan.address).origin;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FOCUSABLE = "a[href], summary, button, input:not([type=hidden]), select, textarea, [tabindex='0']";

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });

function watched(page, found) {
  page.on("console", (message) => found.console.push(message.text()));
  page.on("pageerror", (error) => found.console.push(String(error)));
  page.on("dialog", (dialog) => { found.console.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) found.requests.push(request.url()); });
}

async function violations(page) {
  await page.evaluate(axe); // puppeteer's own world: the page's Content-Security-Policy stays as it is
  const result = await page.evaluate(() => globalThis.axe.run());
  return result.violations.map((each) => `${each.id}: ${each.nodes.length} x ${each.nodes[0].html.slice(0, 160)} ${each.nodes[0].failureSummary}`);
}

async function unreached(page) {
  const visible = await page.$$eval(FOCUSABLE, (all) => all.filter((each) => each.checkVisibility()).length);
  const reached = new Set();
  for (let press = 0; press < visible + 5; press += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate((query) => [...document.querySelectorAll(query)].indexOf(document.activeElement), FOCUSABLE));
  }
  reached.delete(-1);
  return Math.max(0, visible - reached.size);
}

async function observe(name, path, scheme, width) {
  const page = await browser.newPage();
  const found = { name, scheme, width, console: [], requests: [], violations: [], overflow: 0, unreached: 0 };
  watched(page, found);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(origin + path);
  found.overflow = await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
  if (screenshots) await page.screenshot({ path: `${screenshots}/${name}-${scheme}-${width}.png`, fullPage: true });
  found.violations = await violations(page);
  if (scheme === "light") found.unreached = await unreached(page);
  await page.close();
  return found;
}

async function tabTo(page, text) {
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press("Tab");
    const there = await page.evaluate((wanted) => {
      const each = document.activeElement;
      return (each.textContent.trim() === wanted || each.labels?.[0]?.textContent.trim() === wanted);
    }, text);
    if (there) return true;
  }
  return false;
}

async function follow(steps) {
  const page = await browser.newPage();
  const found = { console: [], requests: [], steps: [] };
  watched(page, found);
  await page.goto(origin);
  for (const step of steps) {
    if (step.tab) found.steps.push((await tabTo(page, step.tab)) ? "ok" : `not reached: ${step.tab}`);
    if (step.type) await page.keyboard.type(step.type);
    if (step.press) {
      const left = step.leaves ? page.waitForNavigation() : null;
      await page.keyboard.press(step.press);
      await left;
    }
    if (step.shows) {
      const shown = await page.waitForFunction((text) => document.body.innerText.includes(text), { timeout: 20000 }, step.shows).catch(() => null);
      found.steps.push(shown ? "ok" : `not shown: ${step.shows}`);
    }
  }
  await page.close();
  return found;
}

const entrance = await browser.newPage();
await entrance.goto(plan.address);
const address = entrance.url();
await entrance.close();
const pages = [];
for (const [name, path] of Object.entries(plan.pages)) {
  for (const scheme of ["light", "dark"]) for (const width of [320, 1440]) pages.push(await observe(name, path, scheme, width));
}
const flow = await follow(plan.flow);
await browser.close();
process.stdout.write(JSON.stringify({ address, pages, flow }));
