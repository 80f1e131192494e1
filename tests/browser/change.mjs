// A running database gets more storage and a larger plan, clicked in German: the price before and after, the approval with
// what changes, what the cluster really gives, and a change that the provider's own policy refuses, taken back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Person, ok, story } from './people.mjs';
import { approve, at, change, customer, kubectl, reveal, soon, until, work } from './steps.mjs';

/** The sizes that the cluster gives to a booking: processors and memory of its pod, capacity of its volume. */
function given(booking) {
  const label = `wolkenamt.de/booking=${booking}`;
  const items = JSON.parse(kubectl('get', 'pods,pvc', '-A', '-l', label, '-o', 'json')).items;
  const of = (kind) => items.find((one) => one.kind === kind);
  const requests = of('Pod')?.spec.containers[0].resources.requests ?? {};
  return { cpu: requests.cpu, memory: requests.memory, storage: of('PersistentVolumeClaim')?.status.capacity.storage };
}

/** What the provider itself allows in its cluster, or nothing: in force as soon as the operator has read it. */
async function policy(spec) {
  const { log } = at('beispielhausen');
  const said = log().length;
  if (spec) {
    const it = { apiVersion: 'wolkenamt.de/v1alpha1', kind: 'ProviderPolicy', metadata: { name: 'default' }, spec };
    writeFileSync(`${work}/policy.json`, JSON.stringify(it));
    kubectl('create', '-f', `${work}/policy.json`);
  } else {
    kubectl('delete', 'providerpolicy', 'default');
  }
  await soon(60, () => assert.match(log().slice(said), /the provider's policy changed/));
}

/** A change that the provider refuses: the database runs on as it was, and the way back is one button. */
async function refused(jana, heike, booking) {
  const access = await reveal(jana, booking, 'change-reveal');
  writeFileSync(`${work}/change-ca.crt`, access.ca);
  const words = `host=${access.host} port=${access.port} dbname=${access.database} user=${access.user} password=${access.password} `
    + `sslmode=verify-full sslrootcert=${work}/change-ca.crt`;
  const psql = (statement) => customer('psql', '-XAtq', words, '-c', statement).trim();
  const rows = "select string_agg(art, ', ') from geraet";
  await soon(30, () => psql("create table if not exists geraet as select 'Rutsche'::text as art"));
  const before = given(booking);

  // No other story asks for that much memory.
  await policy({ largest: { memoryMib: 2048 } });
  try {
    const larger = { plan: 'Einzelknoten L', why: 'Auswertung über alle Jahre' };
    await approve(heike, await change(jana, booking, larger, 'refused'), 'change-refused');
    await jana.open(`/bookings/${booking}`);
    await until(jana, '.wa-headmeta', /Läuft, nicht wie bestellt/, 60);
    assert.match(await jana.text(), /lässt diese Buchung nicht zu: Höchstens 2048 MiB Arbeitsspeicher je Buchung, gewünscht sind 4096/);
    await jana.look('booking-refused');
    assert.deepEqual(given(booking), before);
    assert.equal(psql(rows), 'Rutsche');
    ok('a change that the provider refuses is said with its reason, and the database runs on as before');

    await jana.press('Änderung zurücknehmen');
    await until(jana, '.wa-headmeta', /Läuft(?!,)/, 60);
    await jana.look('booking-reverted');
    assert.equal(await jana.page.getByRole('button', { name: 'Änderung zurücknehmen' }).count(), 0);
    assert.match(await jana.text(), /Einzelknoten M\./);
    assert.deepEqual(given(booking), before);
    assert.equal(psql(rows), 'Rutsche');
  } finally {
    await policy(null);
  }
  await jana.open(`/bookings/${booking}/change`);
  assert.equal(await jana.page.getByRole('button', { name: 'Preis vorher und nachher ansehen' }).count(), 1);
  ok('it is taken back without an approval, and the booking is as it was');
}

await story(async () => {
  const jana = await Person.signIn('jana.probst@musterstadt.example');
  await jana.open('/bookings');
  await jana.follow('Spielplatzkontrolle');
  await until(jana, '.wa-headmeta', /Läuft/, 240);
  const booking = jana.page.url().split('/').pop();
  const before = given(booking);

  await jana.open(`/bookings/${booking}/change`);
  await jana.type('parameters.storage_gib', 'viel');
  await jana.press('Preis vorher und nachher ansehen');
  assert.match(await jana.page.title(), /^Fehler:/);
  assert.equal(await jana.page.inputValue('[name="parameters.storage_gib"]'), 'viel');
  ok('a wrong size is named and kept');

  const heike = await Person.signIn('heike.sommer@musterstadt.example');
  const wish = { plan: 'Einzelknoten M', fields: { 'parameters.storage_gib': '3' }, why: 'Luftbilder der Spielplätze' };
  const order = await change(jana, booking, wish, 'database');
  await approve(heike, order, 'change');
  const approved = Date.now();
  await jana.open(`/bookings/${booking}`);
  await until(jana, '#progress', /Änderung wirksam/, 240);
  await until(jana, '.wa-headmeta', /Läuft/, 240);
  await jana.look('booking-changed');
  const after = given(booking);
  assert.notDeepEqual(after, before);
  assert.equal(after.storage, '3Gi');
  ok(`the change is in effect ${((Date.now() - approved) / 1000).toFixed(1)} s after the approval: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);

  await refused(jana, heike, booking);
});
