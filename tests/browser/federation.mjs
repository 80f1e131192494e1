// One location is cut off for a while, really: the cable between its operator and the marketplace is pulled. What runs there goes
// on, what is ordered meanwhile waits and says so, an end counts from the moment when it was asked for, and not a second of
// usage is lost. Another provider and another cluster than in the other stories, which notice nothing.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Person, ok, story } from './people.mjs';
import { approve, at, bookingOf, order, orderEnd, program, reveal, soon, table, until, work } from './steps.mjs';

const musterregion = at('musterregion');
const own = { line: '11.1.40', costCentre: '54110' };

const database = {
  search: 'Datenbank', link: 'Datenzentrale Musterregion', name: 'Gewerberegister, Datenbank', ...own,
  fields: { 'parameters.database': 'gewerbe', 'parameters.storage_gib': '1', 'parameters.allowed_networks': '192.168.213.0/25' },
  why: 'Datenbank des Gewerberegisters',
};
const lights = (label, name) => ({
  search: 'Straßenlicht', link: 'Straßenlicht-App', name, ...own,
  fields: { 'parameters.label': label, 'parameters.admin_email': 'lea.hoffmann@mittelfeld.example' },
  why: 'Licht nur, wenn jemand es braucht',
});

/** Ordered and approved; its booking. */
async function book(lea, bernd, it, name) {
  const id = await order(lea, it);
  await approve(bernd, id, name);
  return bookingOf(lea, id);
}

async function runs(lea, booking, seconds) {
  await lea.open(`/bookings/${booking}`);
  await until(lea, '.wa-headmeta', /Läuft/, seconds);
}

/** Switches a lamp and says whether it is lit. */
function lamp(url) {
  const call = ['curl', '-sSf', '--max-time', '20', '-X', 'POST', new URL('/api/lamps/3/switch', url).href];
  return JSON.parse(musterregion.customer(...call));
}

/** Seconds that the lines of the costs name, each once. */
function billed(text) {
  const second = { 'Std.': 3600, 'Min.': 60, 'Sek.': 1 };
  const spans = [...text.matchAll(/((?:[\d.]+ (?:Std\.|Min\.|Sek\.) ?)+) ?von/g)].map((found) => found[1]);
  return new Set(spans.map((span) => [...span.matchAll(/([\d.]+) (Std\.|Min\.|Sek\.)/g)]
    .reduce((sum, [, count, unit]) => sum + Number(count.replace('.', '')) * second[unit], 0)));
}

await story(async () => {
  const lea = await Person.signIn('lea.hoffmann@mittelfeld.example');
  const bernd = await Person.signIn('bernd.scholz@mittelfeld.example');
  const api = await program(lea);
  const ending = await book(lea, bernd, database, 'federation-database');
  const staying = await book(lea, bernd, lights('sued', 'Straßenlicht Süd'), 'federation-lights');
  for (const booking of [ending, staying]) await runs(lea, booking, 240);
  const url = await lea.page.locator('#access a[href^="https://"]').first().getAttribute('href');
  const access = await reveal(lea, ending, 'federation-reveal');
  writeFileSync(`${work}/federation-ca.crt`, access.ca);
  const words = `host=${access.host} port=${access.port} dbname=${access.database} user=${access.user} password=${access.password} `
    + `sslmode=verify-full sslrootcert=${work}/federation-ca.crt connect_timeout=10`;
  const psql = (statement) => musterregion.customer('psql', '-XAtq', words, '-c', statement).trim();
  assert.equal(await soon(30, () => psql("create table betrieb (name text); insert into betrieb values ('Bäckerei'); select count(*) from betrieb")), '1');
  assert.throws(() => musterregion.customerFrom('200', 'psql', '-XAtq', words, '-c', 'select 1'), 'a network that is not listed');
  lamp(url);
  ok('a database and an application run in the second provider\'s cluster; a network that is not on the list is refused');

  const said = musterregion.log().length;
  const pulled = Date.now();
  musterregion.cable('pull');
  const waiting = await book(lea, bernd, lights('west', 'Straßenlicht West'), 'federation-waiting');
  await lea.open(`/bookings/${waiting}`);
  assert.match(await lea.page.innerText('#progress'), /Der Standort hat die Bestellung noch nicht abgeholt/);
  await lea.look('federation-waits');
  const [before] = [Date.now(), await orderEnd(lea, bernd, ending, 'federation')];
  const after = Date.now();
  await lea.open(`/bookings/${ending}`);
  assert.doesNotMatch(await lea.page.innerText('.wa-headmeta'), /Beendet/);
  await lea.look('federation-end-waits');
  await soon(120, () => assert.match(musterregion.log().slice(said), /heartbeat failed[\s\S]*pull failed|pull failed[\s\S]*heartbeat failed/));
  assert.equal(psql("insert into betrieb values ('Gärtnerei'); select count(*) from betrieb"), '2', 'the cluster knows nothing of the end');
  musterregion.kubectl('delete', 'pods', '-A', '-l', `wolkenamt.de/booking=${staying}`, '--wait=true');
  await soon(120, () => lamp(url));
  const there = musterregion.kubectl('get', 'bookings', '-o', 'name');
  assert(there.includes(ending) && there.includes(staying) && !there.includes(waiting), there);
  await lea.open(`/bookings/${waiting}`);
  assert.match(await lea.page.innerText('#progress'), /noch nicht abgeholt/);
  ok(`cut off for ${((Date.now() - pulled) / 1000).toFixed(0)} s: what runs goes on and is repaired, what is ordered waits and says so`);

  const plugged = Date.now();
  musterregion.cable('plug');
  await runs(lea, waiting, 240);
  await lea.open(`/bookings/${ending}`);
  await until(lea, '.wa-headmeta', /Beendet/, 240);
  await soon(150, async () => assert.notEqual((await api(`/api/v1/bookings/${ending}`)).end.final_state, 'measuring'));
  await lea.reload();
  await lea.look('federation-ended');
  ok(`joined again, the order runs and the ended one is gone ${((Date.now() - plugged) / 1000).toFixed(0)} s later`);

  const { end, ready_at: ready, usage: { gaps } } = await api(`/api/v1/bookings/${ending}`);
  assert.deepEqual(gaps, []);
  const ends = Date.parse(end.effective_at);
  assert(ends >= before - 1000 && ends <= after + 1000, `${end.effective_at} is not when the end was asked for`);
  const usage = await table(lea, `/bookings/${ending}/usage.csv`);
  const meters = new Map();
  for (const row of usage.filter((row) => row.Von)) meters.set(row.Messgröße, [...(meters.get(row.Messgröße) ?? []), row]);
  assert.deepEqual([...meters.keys()].sort(), ['instance', 'memory', 'storage', 'vcpu']);
  for (const [meter, rows] of meters) {
    rows.sort((one, other) => one.Von.localeCompare(other.Von));
    rows.slice(1).forEach((row, at) => assert.equal(row.Von, rows[at].Bis, `${meter}: a gap or an overlap`));
    assert(Date.parse(rows[0].Von) < pulled && Date.parse(rows.at(-1).Bis) > plugged, `${meter}: from before the cut until after it`);
  }
  const held = Math.floor(ends / 1000) - Date.parse(ready) / 1000;
  const seconds = billed(await lea.page.innerText('#usage'));
  assert(seconds.size === 1 && seconds.has(held), `billed ${[...seconds]} s instead of ${held} s`);
  ok(`the usage of the cut arrived without a gap; billed are ${held} s, up to the moment when the end was asked for`);
});
