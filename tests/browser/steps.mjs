// Steps that several stories go: what is clicked from the order to the final invoice.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { ok, run } from './people.mjs';

export const work = process.env.WOLKENAMT_WORK;

/** A location: its customers' network and its cluster. */
export function at(location) {
  const start = (program, words, more = {}) => execFileSync(program, words, { encoding: 'utf8', timeout: 60_000, ...more });
  return {
    /** Runs a command in the customers' network; returns what it printed. */
    customer: (...command) => start('tests/cluster/client.sh', [location, '--', ...command]),
    /** The same from a given address of that network. */
    customerFrom: (host, ...command) =>
      start('tests/cluster/client.sh', [location, '--', ...command], { env: { ...process.env, WOLKENAMT_CUSTOMER: host } }),
    kubectl: (...words) => start(process.env.KUBECTL, ['--kubeconfig', run.kubeconfigs[location], ...words]),
    /** Pulls the cable between its operator and the marketplace, or plugs it in again. */
    cable: (action) => start('tests/cluster/cable.sh', [location, action]),
    /** What its operator said so far. */
    log: () => readFileSync(`${run.logs}/operator-${location}.log`, 'utf8'),
  };
}

export const { customer, kubectl } = at('beispielhausen');

/** Reloads until a part of the page, folded or not, says what is waited for, as somebody without JavaScript would. */
export async function until(person, part, pattern, seconds) {
  const end = Date.now() + seconds * 1000;
  const said = async () => (await person.page.locator(part).first().textContent({ timeout: 2000 }).catch(() => ''));
  while (!pattern.test(await said())) {
    assert(Date.now() < end, `not within ${seconds} s: ${pattern}\n${await person.text()}`);
    await person.page.waitForTimeout(300);
    await person.reload();
  }
}

/** Tries again until it works: the way to a pod opens a moment after the pod is ready. */
export async function soon(seconds, action) {
  for (const end = Date.now() + seconds * 1000; ; await new Promise((done) => setTimeout(done, 300))) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** Fills the part of the order form that every offering has. */
export async function assign(person, line, costCentre, why) {
  await person.choose('budget_line', line);
  await person.select('cost_centre', costCentre);
  await person.select('ledger_account', '5431000');
  await person.type('justification', why);
}

/** Orders from the page of an offering, with the fields that its kind and the offering ask for. Returns the order. */
export async function order(person, it) {
  await person.open(`/offerings?q=${encodeURIComponent(it.search)}`);
  await person.follow(it.link);
  await person.press('Bestellung beginnen');
  if (it.plan) await person.choose('plan', it.plan);
  await person.type('name', it.name);
  for (const [name, value] of Object.entries(it.fields)) await person.type(name, value);
  await assign(person, it.line, it.costCentre, it.why);
  await person.press('Weiter zur Prüfung');
  assert.match(person.page.url(), /\/check$/, await person.text());
  await person.page.locator('[name="confirm"]').check();
  await person.press('Bestellung zur Freigabe senden');
  assert.match(person.page.url(), /\/orders\/[0-9a-f-]{36}/, await person.text());
  return new URL(person.page.url()).pathname.split('/').pop();
}

export async function approve(approver, id, name) {
  await approver.open('/approvals');
  await approver.look(`approvals-${name}`);
  await approver.open(`/approvals/${id}`);
  await approver.look(`approval-${name}`);
  await approver.choose('decision', 'Freigeben');
  await approver.press('Entscheidung');
}

/** The booking of an approved order. */
export async function bookingOf(person, order) {
  await person.open(`/orders/${order}`);
  return (await person.page.locator('a[href^="/bookings/"]').first().getAttribute('href')).split('/').pop();
}

/** Reads what the API says in the name of somebody, with a token made on the page. */
export async function program(person) {
  await person.open('/account/tokens');
  await person.type('name', 'Auswertung');
  await person.type('password', person.password);
  await person.press('Zugangstoken erzeugen');
  const [token] = (await person.text()).match(/wka_[A-Za-z0-9_-]{43}/);
  return async (path) => {
    const answer = await fetch(run.url + path, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200, path);
    return answer.json();
  };
}

/** The rows of a table that a page hands out, as the person who opened the page gets it. */
export async function table(person, path) {
  const answer = await person.page.request.get(run.url + path);
  assert.equal(answer.status(), 200, path);
  const [head, ...rows] = (await answer.text()).replace('\ufeff', '').trim().split('\r\n').map((row) => row.split(';'));
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at]])));
}

/** Shows the access data in the browser, once. */
export async function reveal(person, booking, name = 'reveal', awaited = 'password') {
  await person.open(`/bookings/${booking}`);
  await person.page.fill('[name="password"]', person.password);
  await person.press('Zugangsdaten anzeigen');
  // The page asks again by itself; a reload of ours could miss the one answer that shows the data.
  await person.page.locator(`[data-access=${awaited}]`).waitFor({ timeout: 60_000 });
  await person.look(name);
  const secrets = await person.page.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-access]')]
    .map((node) => [node.dataset.access, node.textContent])));
  await person.reload();
  assert(!(await person.text()).includes(secrets[awaited]), 'shown a second time');
  await person.look(`${name}-again`);
  if (secrets.password) await keepOut(person, secrets.password);
  ok(`${name}: access data are shown once`);
  return secrets;
}

/** The browser keeps nothing of a secret; whether anything else does is looked at in the end (`tests/chain.sh`). */
async function keepOut(person, secret) {
  const kept = await person.page.evaluate(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, await caches.keys(), await indexedDB.databases(),
  ]));
  const state = JSON.stringify(await person.page.context().storageState());
  assert(!kept.includes(secret) && !state.includes(secret), 'the browser keeps access data');
  for (const form of [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')]) {
    appendFileSync(`${work}/secrets`, `${form}\n`, { mode: 0o600 });
  }
}

/** The order that something on the pages of a booking makes. */
export async function ordered(person, booking, send) {
  const links = person.page.locator('main a[href^="/orders/"]');
  const there = async () => {
    await person.open(`/bookings/${booking}`);
    return links.evaluateAll((all) => all.map((one) => one.getAttribute('href').split('/').pop()));
  };
  const before = await there();
  await send();
  const order = (await there()).find((one) => !before.includes(one));
  assert(order, `no order was made\n${await person.text()}`);
  return order;
}

/** Stops or starts on the page of the booking and waits for the state. */
export async function power(person, booking, button, state, seconds) {
  await person.open(`/bookings/${booking}/power`);
  await person.press(button);
  await person.open(`/bookings/${booking}`);
  await until(person, '.wa-headmeta', state, seconds);
}

/** Orders another plan or other sizes, with the price before and after. Returns the order. */
export async function change(person, booking, { plan, fields = {}, choices = {}, why }, name) {
  await person.open(`/bookings/${booking}/change`);
  await person.look(`change-${name}`);
  if (plan) {
    await person.choose('plan', plan);
    await person.press('Diesen Tarif ansehen');
  }
  for (const [field, value] of Object.entries(fields)) await person.type(field, value);
  for (const [field, value] of Object.entries(choices)) await person.select(field, value);
  await person.type('justification', why);
  const look = person.page.getByRole('button', { name: 'Preis vorher und nachher ansehen' });
  if (await look.count()) await person.press('Preis vorher und nachher ansehen');
  let compared = /Unterschied/.test(await person.text());
  await person.look(`change-compared-${name}`);
  await person.press('Änderung verbindlich bestellen');
  if (person.page.url().endsWith('/change')) {
    // Other sizes than those that the price on the page was for: it is shown anew, and nothing is ordered.
    compared = /Unterschied/.test(await person.text());
    await person.look(`change-compared-anew-${name}`);
    await person.press('Änderung verbindlich bestellen');
  }
  assert(compared, 'ordered without having seen what it costs');
  assert.match(person.page.url(), new RegExp(`/bookings/${booking}$`), await person.text());
  const orders = await person.page.locator('main a[href^="/orders/"]', { hasText: 'Änderung' })
    .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  return orders.pop().split('/').pop();
}

/** Orders the end and has it approved; the data are deleted at once, unless they shall be kept. */
export async function orderEnd(person, approver, booking, name, keep = false) {
  const end = await ordered(person, booking, async () => {
    await person.open(`/bookings/${booking}/terminate`);
    await person.look(`terminate-${name}`);
    await person.type('justification', 'Wird nicht mehr gebraucht');
    const atOnce = person.page.locator('[name="delete_at_once"]');
    if (!keep && await atOnce.count()) await atOnce.check();
    const confirm = person.page.locator('[name="confirm"]');
    if (await confirm.count()) await confirm.check();
    await person.press('Beendigung zur Freigabe senden');
  });
  await approve(approver, end, `terminate-${name}`);
}

/** Orders the end, has it approved, and waits until the proof of deletion is on the page. */
export async function terminate(person, approver, booking, name) {
  await orderEnd(person, approver, booking, name);
  await person.open(`/bookings/${booking}`);
  await until(person, '.wa-headmeta', /Beendet/, 240);
  await person.look(`booking-gone-${name}`);
}

/** The provider issues the final invoice as soon as everything is measured; returns its id. */
export async function finalInvoice(provider, booking) {
  // The location says once in a minute how far its usage is complete.
  const end = Date.now() + 300_000;
  for (let waited = false; ; waited = true) {
    await provider.open(`/bookings/${booking}`);
    if (await provider.page.getByRole('button', { name: 'Schlussrechnung ausstellen' }).count()) break;
    assert.match(await provider.text(), /Wartet auf die letzten Messwerte/);
    if (!waited) await provider.look('final-invoice-not-yet');
    assert(Date.now() < end, 'the final invoice is not possible within 300 s after the end');
    await provider.page.waitForTimeout(1000);
  }
  await provider.press('Schlussrechnung ausstellen');
  assert.match(provider.page.url(), /\/invoices\//);
  return provider.page.url().split('/').pop().split('?')[0];
}

/** Downloads the XRechnung of an invoice in the browser, to where the validator looks. */
export async function download(person, invoice, name) {
  await person.open(`/invoices/${invoice}`);
  await person.look(`invoice-${name}`);
  const [file] = await Promise.all([
    person.page.waitForEvent('download'),
    person.page.getByRole('link', { name: /XRechnung/ }).first().click(),
  ]);
  await file.saveAs(`${work}/invoices/${name}-${file.suggestedFilename()}`);
}
