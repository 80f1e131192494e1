// Steps that several stories go: what is clicked from the order to the final invoice.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ok, run } from './people.mjs';

export const work = process.env.WOLKENAMT_WORK;
export const location = 'beispielhausen';

/** Runs a command in the customer's network; returns what it printed. */
export function customer(...command) {
  return execFileSync('tests/cluster/client.sh', [location, '--', ...command], { encoding: 'utf8', timeout: 60_000 });
}

export function kubectl(...words) {
  return execFileSync(process.env.KUBECTL, ['--kubeconfig', run.kubeconfigs[location], ...words], { encoding: 'utf8' });
}

/** Reloads until a part of the page, folded or not, says what is waited for, as somebody without JavaScript would. */
export async function until(person, part, pattern, seconds) {
  const end = Date.now() + seconds * 1000;
  const said = async () => (await person.page.locator(part).first().textContent({ timeout: 2000 }).catch(() => ''));
  while (!pattern.test(await said())) {
    assert(Date.now() < end, `not within ${seconds} s: ${pattern}\n${await person.text()}`);
    await person.page.waitForTimeout(300);
    await person.page.reload();
  }
}

/** Fills the part of the order form that every offering has. */
export async function assign(person, line, costCentre, why) {
  await person.choose('budget_line', line);
  await person.select('cost_centre', costCentre);
  await person.select('ledger_account', '5431000');
  await person.type('justification', why);
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

/** Shows the access data in the browser, once. */
export async function reveal(person, booking, name = 'reveal', awaited = 'password') {
  await person.open(`/bookings/${booking}`);
  await person.page.fill('[name="password"]', person.password);
  await person.press('Zugangsdaten anzeigen');
  // The page asks again by itself; a reload of ours could miss the one answer that shows the data.
  await person.page.locator(`[data-access=${awaited}]`).waitFor({ timeout: 30_000 });
  await person.look(name);
  const secrets = await person.page.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-access]')]
    .map((node) => [node.dataset.access, node.textContent])));
  await person.page.reload();
  assert(!(await person.text()).includes(secrets[awaited]), 'shown a second time');
  await person.look(`${name}-again`);
  ok(`${name}: access data are shown once`);
  return secrets;
}

/** The orders that the page of a booking names. */
async function ordersOf(person, booking) {
  await person.open(`/bookings/${booking}`);
  const links = person.page.locator('main a[href^="/orders/"]');
  return links.evaluateAll((all) => all.map((one) => one.getAttribute('href').split('/').pop()));
}

/** Orders the end, has it approved, and waits until the proof of deletion is on the page. */
export async function terminate(person, approver, booking, name) {
  const before = await ordersOf(person, booking);
  await person.open(`/bookings/${booking}/terminate`);
  await person.look(`terminate-${name}`);
  await person.type('justification', 'Wird nicht mehr gebraucht');
  const atOnce = person.page.locator('[name="delete_at_once"]');
  if (await atOnce.count()) await atOnce.check();
  const confirm = person.page.locator('[name="confirm"]');
  if (await confirm.count()) await confirm.check();
  await person.press('Beendigung zur Freigabe senden');
  const end = (await ordersOf(person, booking)).find((one) => !before.includes(one));
  await approve(approver, end, `terminate-${name}`);
  await person.open(`/bookings/${booking}`);
  await until(person, '.wa-headmeta', /Beendet/, 120);
  await person.look(`booking-gone-${name}`);
}

/** The provider issues the final invoice as soon as everything is measured; returns its id. */
export async function finalInvoice(provider, booking) {
  // The location says once in a minute how far its usage is complete.
  const end = Date.now() + 150_000;
  for (let waited = false; ; waited = true) {
    await provider.open(`/bookings/${booking}`);
    if (await provider.page.getByRole('button', { name: 'Schlussrechnung ausstellen' }).count()) break;
    assert.match(await provider.text(), /Wartet auf die letzten Messwerte/);
    if (!waited) await provider.look('final-invoice-not-yet');
    assert(Date.now() < end, 'the final invoice is not possible within 150 s after the end');
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
