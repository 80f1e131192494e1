// The whole chain, clicked in German: find, order (with mistakes), approve, watch, reveal, use with psql from another
// network, end, final invoice. Against what `make run` started.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Person, ok, run, story } from './people.mjs';

const work = process.env.WOLKENAMT_WORK;
const location = 'beispielhausen';

/** Runs a command in the customer's network; returns what it printed. */
function customer(...command) {
  return execFileSync('tests/cluster/client.sh', [location, '--', ...command], { encoding: 'utf8', timeout: 60_000 });
}

function kubectl(...words) {
  return execFileSync(process.env.KUBECTL, ['--kubeconfig', run.kubeconfigs[location], ...words], { encoding: 'utf8' });
}

/** Reloads until a part of the page says what is waited for, as somebody without JavaScript would. */
async function until(person, part, pattern, seconds) {
  const end = Date.now() + seconds * 1000;
  const said = async () => (await person.page.locator(part).first().innerText({ timeout: 2000 }).catch(() => ''));
  while (!pattern.test(await said())) {
    assert(Date.now() < end, `not within ${seconds} s: ${pattern}\n${await person.text()}`);
    await person.page.waitForTimeout(300);
    await person.page.reload();
  }
}

async function order(jana) {
  await jana.open('/offerings?q=Datenbank');
  await jana.look('catalogue');
  await jana.follow('IT-Verbund Beispielland');
  await jana.look('offering');
  await jana.press('Bestellung beginnen');
  await jana.look('order-form');

  await jana.type('name', 'Baumkataster, Datenbank');
  await jana.type('parameters.database', 'Baum Kataster');
  await jana.type('parameters.storage_gib', '9999');
  await jana.press('Weiter zur Prüfung');
  assert.match(await jana.page.title(), /^Fehler:/);
  assert.equal(await jana.page.inputValue('[name="parameters.database"]'), 'Baum Kataster');
  await jana.look('order-form-errors');
  ok('wrong input is named beside its field and kept');

  await jana.type('parameters.database', 'baumkataster');
  await jana.type('parameters.storage_gib', '1');
  await jana.choose('budget_line', '55.1.10');
  await jana.select('cost_centre', '55110');
  await jana.select('ledger_account', '5431000');
  await jana.type('justification', 'Datenbank für das Baumkataster, Zugriff aus dem Außendienst');
  await jana.press('Weiter zur Prüfung');
  assert.match(jana.page.url(), /\/check$/, await jana.text());
  await jana.look('order-check');

  await jana.page.locator('[name="confirm"]').check();
  // Pressed twice, as impatient people do: two requests at the same moment, one order.
  const form = await jana.page.locator('form[action$="/submit"]').evaluate((node) => ({
    action: node.action, body: new URLSearchParams(new FormData(node)).toString(),
  }));
  const answers = await jana.page.evaluate(({ action, body }) => Promise.all([1, 2].map(() =>
    fetch(action, { redirect: "follow", method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
      .then(async (answer) => ({ url: answer.url, status: answer.status, text: (await answer.text()).replace(/<[^>]+>/g, " ").slice(0, 3000) })))), form);
  for (const answer of answers) assert.match(answer.url, /\/orders\/[0-9a-f-]{36}$/, `${answer.status} ${answer.text}`);
  assert.equal(answers[0].url, answers[1].url);
  ok('pressing twice makes one order');
  await jana.page.goto(answers[0].url);
  await jana.look('order');
  return answers[0].url.split('/').pop();
}

async function approve(heike, id, name) {
  await heike.open('/approvals');
  await heike.look(`approvals-${name}`);
  await heike.open(`/approvals/${id}`);
  await heike.look(`approval-${name}`);
  await heike.choose('decision', 'Freigeben');
  await heike.press('Entscheidung');
}

async function reveal(jana, booking) {
  await jana.open(`/bookings/${booking}`);
  await jana.page.fill('[name="password"]', jana.password).catch(() => {});
  await jana.press('Zugangsdaten anzeigen');
  // The page asks again by itself; a reload of ours could miss the one answer that shows the data.
  await jana.page.locator('[data-access=password]').waitFor({ timeout: 30_000 });
  await jana.look('reveal');
  const secrets = await jana.page.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-access]')]
    .map((node) => [node.dataset.access, node.textContent])));
  await jana.page.reload();
  assert(!(await jana.text()).includes(secrets.password), 'shown a second time');
  ok('access data are shown once');
  return secrets;
}

await story(async () => {
  const jana = await Person.signIn('jana.probst@musterstadt.example');
  await jana.look('start');
  const id = await order(jana);

  const own = await jana.page.goto(`${run.url}/approvals/${id}`);
  assert.equal(own.status(), 403);
  const stranger = await Person.signIn('lea.hoffmann@mittelfeld.example');
  assert.equal((await stranger.page.goto(`${run.url}/orders/${id}`)).status(), 404);
  await stranger.look('not-found');
  ok('nobody approves an own order, and strangers see nothing');

  await jana.open('/mails');
  assert.match(await jana.text(), /B-2026-/);
  ok('the approver was told by mail');

  const heike = await Person.signIn('heike.sommer@musterstadt.example');
  await approve(heike, id, 'create');
  const approvedAt = Date.now();
  await jana.open(`/orders/${id}`);
  const booking = (await jana.page.locator('a[href^="/bookings/"]').first().getAttribute('href')).split('/').pop();
  await jana.open(`/bookings/${booking}`);
  await jana.look('booking-waiting');
  await until(jana, '.wa-headmeta', /Läuft/, 90);
  const readyAfter = (Date.now() - approvedAt) / 1000;
  await jana.look('booking');
  ok(`the database runs ${readyAfter.toFixed(1)} s after the approval`);
  assert.match(kubectl('get', 'bookings'), new RegExp(booking));
  ok('kubectl shows the same booking');

  const access = await reveal(jana, booking);
  writeFileSync(`${work}/ca.crt`, access.ca);
  const words = `host=${access.host} port=${access.port} dbname=${access.database} user=${access.user} password=${access.password} sslmode=verify-full sslrootcert=${work}/ca.crt`;
  assert.equal(customer('psql', '-XAtq', words, '-c', "create table baum (art text); insert into baum values ('Linde'); select art from baum").trim(), 'Linde');
  ok(`psql connects with verify-full from the customer's network ${((Date.now() - approvedAt) / 1000).toFixed(1)} s after the approval`);

  await jana.open(`/bookings/${booking}/terminate`);
  await jana.look('terminate');
  await jana.type('justification', 'Das Baumkataster zieht um');
  const confirm = jana.page.locator('[name="confirm"]');
  if (await confirm.count()) await confirm.check();
  await jana.press('Beendigung zur Freigabe senden');
  const orders = await jana.page.locator('main a[href^="/orders/"]').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  const ending = orders.map((href) => href.split('/').pop()).find((one) => one !== id);
  await approve(heike, ending, 'terminate');
  await jana.open(`/bookings/${booking}`);
  await until(jana, '.wa-headmeta', /Beendet/, 120);
  await jana.look('booking-gone');
  assert.doesNotMatch(kubectl('get', 'clusters.postgresql.cnpg.io', '-A'), new RegExp(booking.slice(0, 8)));
  ok('the database is gone, and the proof is on the page');

  const berta = await Person.signIn('berta.franke@it-verbund.example');
  await berta.open(`/bookings/${booking}`);
  await berta.look('booking-provider');
});
