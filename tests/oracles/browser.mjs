// A page in a real browser: `node browser.mjs FILE CHROMIUM [SCREENSHOTS]` prints what axe, the console and the network say of it,
// for each colour scheme and width, and how many elements the keyboard reaches.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [file, chromium, screenshots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(file).href;
const FOCUSABLE = "a[href], summary, [tabindex='0']";

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });

async function observe(scheme, width) {
  const page = await browser.newPage();
  const found = { scheme, width, console: [], requests: [], violations: [], overflow: 0, unreached: 0 };
  page.on("console", (message) => found.console.push(message.text()));
  page.on("pageerror", (error) => found.console.push(String(error)));
  page.on("dialog", (dialog) => { found.console.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== address) found.requests.push(request.url()); });
  await page.setBypassCSP(true); // for axe alone; the page itself has no script
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(address);
  found.overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (screenshots) await page.screenshot({ path: `${screenshots}/${scheme}-${width}.png`, fullPage: true });
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
  if (screenshots) await page.screenshot({ path: `${screenshots}/${scheme}-${width}-open.png`, fullPage: true });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  found.violations = violations.map((each) => `${each.id}: ${each.nodes.length} x ${each.nodes[0].html.slice(0, 120)} ${each.nodes[0].failureSummary}`);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = false; }));
  found.unreached = await unreached(page);
  await page.close();
  return found;
}

async function unreached(page) {
  const visible = await page.$$eval(FOCUSABLE, (all) => all.filter((each) => each.checkVisibility()).length);
  const reached = new Set();
  for (let press = 0; press < visible + 5; press += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate((query) => [...document.querySelectorAll(query)].indexOf(document.activeElement), FOCUSABLE));
  }
  reached.delete(-1);
  return visible - reached.size;
}

const results = [];
for (const scheme of ["light", "dark"]) for (const width of [320, 1440]) results.push(await observe(scheme, width));
await browser.close();
process.stdout.write(JSON.stringify(results));
