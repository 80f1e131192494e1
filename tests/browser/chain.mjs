// The whole chain, clicked in German: find, order (with mistakes), approve, watch, reveal, use with psql from another
// network, stop and start, end, proof. Against what `make run` started.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Person, ok, run, story } from './people.mjs';
import { approve, assign, bookingOf, customer, kubectl, power, reveal, soon, terminate, until, work } from './steps.mjs';

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
  await assign(jana, '55.1.10', '55110', 'Datenbank für das Baumkataster, Zugriff aus dem Außendienst');
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

/** What runs at the location, by id, as the provider's portal says it and as kubectl says it. */
async function compare(berta) {
  const words = { Ready: 'Läuft', Provisioning: 'Wird eingerichtet', Deleting: 'Wird beendet' };
  await berta.open('/bookings');
  const portal = await berta.page.locator('tr:has(th a[href^="/bookings/"])').evaluateAll((rows) => rows.map((row) =>
    [row.querySelector('th a').getAttribute('href').split('/').pop(), row.querySelector('.wa-state').textContent.trim()]));
  const cluster = JSON.parse(kubectl('get', 'bookings', '-o', 'json')).items
    .filter((one) => one.status.phase !== 'Gone')
    .map((one) => [one.metadata.name, words[one.status.phase] ?? one.status.phase]);
  return { portal: Object.fromEntries(portal.sort()), cluster: Object.fromEntries(cluster.sort()) };
}

await story(async () => {
  const jana = await Person.signIn('jana.probst@musterstadt.example');
  await jana.look('start');
  await jana.open('/bookings');
  assert.equal(await jana.page.getByRole('link', { name: 'Spielplatzkontrolle' }).count(), 1);
  await jana.look('bookings');
  await jana.follow('Spielplatzkontrolle');
  await until(jana, '.wa-headmeta', /Läuft/, 240);
  const running = jana.page.url().split('/').pop();
  ok('one booking of the demonstration runs');

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
  const booking = await bookingOf(jana, id);
  await jana.open(`/bookings/${booking}`);
  await jana.look('booking-waiting');
  await until(jana, '.wa-headmeta', /Läuft/, 240);
  const readyAfter = (Date.now() - approvedAt) / 1000;
  await jana.look('booking');
  ok(`the database runs ${readyAfter.toFixed(1)} s after the approval`);

  const berta = await Person.signIn('berta.franke@it-verbund.example');
  const both = await compare(berta);
  assert.equal(both.portal[booking], 'Läuft');
  assert.equal(both.portal[running], 'Läuft');
  // What the other stories are just ordering or ending may differ for a moment; what runs may not.
  for (const [name, phase] of Object.entries(both.cluster)) assert(both.portal[name] !== undefined || phase !== 'Läuft', name);
  for (const one of [booking, running]) assert.equal(both.portal[one], both.cluster[one], JSON.stringify(both));
  ok('kubectl shows the same bookings in the same phase as the portal');

  const access = await reveal(jana, booking);
  writeFileSync(`${work}/ca.crt`, access.ca);
  const words = (password) => `host=${access.host} port=${access.port} dbname=${access.database} user=${access.user} password=${password} sslmode=verify-full sslrootcert=${work}/ca.crt`;
  let { password } = access;
  const psql = (statement, known = password) => customer('psql', '-XAtq', words(known), '-c', statement).trim();
  assert.equal(psql("create table baum (art text); insert into baum values ('Linde'); select art from baum"), 'Linde');
  ok(`psql connects with verify-full from the customer's network ${((Date.now() - approvedAt) / 1000).toFixed(1)} s after the approval`);

  await jana.open(`/bookings/${booking}`);
  await jana.press('Jetzt wechseln');
  await jana.look('database-rotation');
  // Nobody may see them while they are being changed; then the form is there again.
  await until(jana, 'form[action$="/reveal"]', /Zugangsdaten anzeigen/, 90);
  ({ password } = await reveal(jana, booking, 'reveal-new'));
  assert.equal(await soon(30, () => psql('select art from baum')), 'Linde');
  await soon(30, () => assert.throws(() => psql('select 1', access.password), /password authentication failed/));
  ok('other access data were ordered: the new ones open the same data, the former ones nothing');

  await power(jana, booking, 'Jetzt anhalten', /Angehalten/, 120);
  assert.equal(kubectl('get', 'pods', '-A', '-l', `wolkenamt.de/booking=${booking}`, '-o', 'name'), '');
  assert.throws(() => psql('select 1'), 'stopped, and yet it answers');
  await jana.look('database-stopped');
  await power(jana, booking, 'Jetzt starten', /Läuft/, 120);
  assert.equal(await soon(30, () => psql('select art from baum')), 'Linde');
  ok('stopped, nothing runs and nothing answers; started again, what was written is still there');

  await terminate(jana, heike, booking, 'database');
  assert.doesNotMatch(kubectl('get', 'clusters.postgresql.cnpg.io', '-A'), new RegExp(booking.slice(0, 8)));
  ok('the database is gone, and the proof is on the page');

  await berta.open(`/bookings/${booking}`);
  await berta.look('booking-provider');
});
