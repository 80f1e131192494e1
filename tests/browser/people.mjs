// People in Chromium, each with a browser context of their own. Every page that somebody opens is checked by axe-core and
// photographed once, and must not write an error to the console.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const require = createRequire(`${process.env.WOLKENAMT_NODE_MODULES}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const run = JSON.parse(readFileSync(process.env.WOLKENAMT_RUN_JSON, 'utf8'));
const pictures = process.env.WOLKENAMT_PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });

let browser;
let passed = 0;

/** Says that something was proven, with the time since the start. */
export function ok(what) {
  passed += 1;
  console.log(`ok  ${what}  (${(performance.now() / 1000).toFixed(1)} s)`);
}

/** Runs the story and reports; a failure ends with a picture of every open page. */
export async function story(tell) {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    await tell();
    console.log(`${passed} passed, 0 failed`);
  } catch (error) {
    console.error(error);
    console.log(`${passed} passed, 1 failed`);
    process.exitCode = 1;
    let number = 0;
    for (const context of browser.contexts()) {
      for (const page of context.pages()) {
        if (pictures) await page.screenshot({ path: `${pictures}/failed-${number++}.png`, fullPage: true }).catch(() => {});
        console.error(page.url(), await page.title().catch(() => ''));
      }
    }
  } finally {
    await browser.close();
  }
}

/** Somebody with a browser. */
export class Person {
  static async signIn(email) {
    const person = await Person.anybody();
    const account = run.sign_ins.find((one) => one.email === email);
    assert(account, `no demo sign-in ${email}`);
    person.password = account.password;
    await person.open('/sign-in');
    await person.type('email', email);
    await person.type('password', account.password);
    await person.press('Anmelden');
    return person;
  }

  /** Somebody who has not signed in. */
  static async anybody() {
    return new Person(await (await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'de-DE' })).newPage());
  }

  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(180_000);
    page.on('console', (message) => assert(message.type() !== 'error' || message.text().includes('status of 4'), message.text()));
  }

  /** Goes somewhere; again, after that has ended, if a page that refreshes itself was on its way somewhere in that moment. */
  async go(way) {
    for (let tries = 5; ; tries -= 1) {
      try {
        return await way();
      } catch (error) {
        if (tries === 1 || !/interrupted by another navigation|ERR_ABORTED/.test(error.message)) throw error;
        await this.page.waitForLoadState('load').catch(() => {});
        await this.page.waitForTimeout(500);
      }
    }
  }

  async visit(address) {
    // To the address at which it already is the browser may give no answer.
    return this.go(async () => (await this.page.goto(address)) ?? this.page.reload());
  }

  async reload() {
    return this.go(() => this.page.reload());
  }

  async open(path) {
    const answer = await this.visit(run.url + path);
    assert.equal(answer.status(), 200, `${path}: ${await this.page.title()}`);
  }

  /** Types into the input of this name. */
  async type(name, text) {
    await this.page.fill(`[name="${name}"]`, text);
  }

  /** Chooses an entry of a list by its value. */
  async select(name, value) {
    await this.page.selectOption(`select[name="${name}"]`, value);
  }

  /** Chooses the first radio button of this name whose label contains the text. */
  async choose(name, text) {
    await this.page.locator(`label:has-text("${text}")`).first().click();
    assert(await this.page.locator(`input[name="${name}"]:checked`).count(), `nothing chosen for ${name}`);
  }

  /** Presses a button of the page's content and waits for the answer. */
  async press(label) {
    const button = this.page.getByRole('main').getByRole('button', { name: label, exact: false }).first();
    await Promise.all([this.page.waitForNavigation(), button.click()]);
  }

  /** Follows a link. */
  async follow(label) {
    await Promise.all([this.page.waitForNavigation(), this.page.getByRole('link', { name: label, exact: false }).first().click()]);
  }

  async text() {
    return this.page.innerText('main');
  }

  /** The page as it is: no violation in axe-core, nothing that scrolls sideways, and a picture of it. */
  async look(name) {
    await this.fits(name);
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    const said = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ')}`);
    assert.deepEqual(said, [], `${name}: axe-core`);
    await this.picture(name);
    ok(`${name} is accessible`);
  }

  /** Nothing reaches beyond the right edge. */
  async fits(name) {
    const [content, window] = await this.page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
    assert(content <= window, `${name} scrolls sideways: ${content} > ${window}`);
  }

  async picture(name) {
    if (pictures) await this.page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  }

  /** The open page in every width and in both colour schemes; axe-core where layout or colours are others. */
  async everywhere(name) {
    for (const [colorScheme, width, axe] of [
      ['dark', 360, false], ['dark', 768, false], ['dark', 1280, true], ['light', 320, false], ['light', 360, true],
      ['light', 768, false], ['light', 1280, true],
    ]) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.setViewportSize({ width, height: 900 });
      const which = `${name}-${width}-${colorScheme}`;
      if (axe) await this.look(which);
      else {
        await this.fits(which);
        await this.picture(which);
      }
    }
  }
}
