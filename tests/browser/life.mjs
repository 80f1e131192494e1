// The rest of a booking's life, clicked in German by another authority than in the other stories: a database goes back to the
// moment before a mistake, moves to another Kostenstelle, stays longer than ordered, ends with its data kept and comes back; and
// a location whose provider decides every order by hand. Each form is filled in wrongly once.
// A restore needs room for a second database at its location for a while: `tests/chain.sh` sees to that.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Person, ok, story } from './people.mjs';
import { approve, at, bookingOf, order, ordered, orderEnd, reveal, soon, terminate, until, work } from './steps.mjs';

const { customer, kubectl } = at('beispielhausen');
const musterregion = at('musterregion');
const own = { line: '24.3.00', costCentre: '24300' };
const database = {
  search: 'Datenbank', link: 'IT-Verbund Beispielland', plan: 'Einzelknoten S mit Sicherungen', name: 'Schulanmeldung, Datenbank', ...own,
  fields: { 'parameters.database': 'schulanmeldung', 'parameters.storage_gib': '1', ...day('end', 10) },
  why: 'Anmeldungen zum neuen Schuljahr',
};
const lights = (label, name) => ({
  search: 'Straßenlicht', link: 'Straßenlicht-App', name, ...own,
  fields: { 'parameters.label': label, 'parameters.admin_email': 'nina.lorenz@beispielkreis.example' },
  why: 'Licht auf den Schulwegen',
});

/** A moment as clocks in Germany show it: [year, month, day, time]. */
function clock(moment) {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'medium' }).format(moment);
  return text.split(/[- ]/);
}

/** The three inputs of a day that lies so many days ahead. */
function day(name, ahead) {
  const [year, month, date] = clock(Date.now() + ahead * 86_400_000).map((part) => String(Number(part)));
  return { [`${name}_day`]: date, [`${name}_month`]: month, [`${name}_year`]: year };
}

async function fill(person, fields) {
  for (const [name, value] of Object.entries(fields)) await person.type(name, value);
}

/** Sends a form that is wrong: the answer names the field, and what was typed is still there. */
async function refused(person, button, field, typed, name) {
  await fill(person, typed);
  await person.press(button);
  assert.match(await person.page.title(), /^Fehler:/);
  assert.equal(await person.page.locator(`.wa-errors a[href="#${field}"]`).count(), 1, await person.text());
  for (const [input, value] of Object.entries(typed)) {
    assert.equal(await person.page.inputValue(`[name="${input}"]`), value, `${input} is not kept`);
  }
  await person.look(`life-${name}-wrong`);
}

/** What opens the database: psql from the customer's network, as somebody with these access data. */
function opened(access) {
  writeFileSync(`${work}/life-ca.crt`, access.ca);
  const words = `host=${access.host} port=${access.port} dbname=${access.database} user=${access.user} password=${access.password} `
    + `sslmode=verify-full sslrootcert=${work}/life-ca.crt connect_timeout=5`;
  return (statement) => customer('psql', '-XAtq', words, '-c', statement).trim();
}

const names = 'select string_agg(name, \', \' order by name) from anmeldung';

/** Databases and volumes that the cluster has for a booking. */
function there(booking, kind) {
  return kubectl('get', kind, '-A', '-l', `wolkenamt.de/booking=${booking}`, '-o', 'name').trim().split('\n').filter(Boolean);
}

async function longer(nina, georg, booking) {
  await nina.open(`/bookings/${booking}`);
  const unfold = () => nina.page.locator('summary', { hasText: 'Verlängern' }).click();
  await unfold();
  await refused(nina, 'Zur Freigabe senden', 'end_day', { justification: 'Die Frist wurde verlängert', ...day('end', 5) }, 'longer');
  const id = await ordered(nina, booking, async () => {
    await unfold();
    await fill(nina, { justification: 'Die Frist wurde verlängert', ...day('end', 20) });
    await nina.press('Zur Freigabe senden');
  });
  await approve(georg, id, 'longer');
  const [year, month, date] = clock(Date.now() + 20 * 86_400_000);
  await nina.open(`/bookings/${booking}`);
  assert.match(await nina.page.locator('section[aria-labelledby=h-end]').innerText(), new RegExp(`${date}\\.${month}\\.${year}`));
  await nina.look('life-longer');
  ok('the end is put off, and the page says until when');
}

async function transfer(nina, georg, booking) {
  const why = 'Die Kämmerei trägt es ab jetzt';
  await nina.open(`/bookings/${booking}/transfer`);
  await nina.look('life-transfer');
  await nina.select('cost_centre', '11200');
  await nina.select('ledger_account', '5291000');
  await refused(nina, 'Zur Freigabe senden', 'from_day', { justification: why, from_day: '31', from_month: '2', from_year: '2027' }, 'transfer');
  assert.equal(await nina.page.inputValue('[name=cost_centre]'), '11200');
  const id = await ordered(nina, booking, async () => {
    await nina.open(`/bookings/${booking}/transfer`);
    await nina.select('cost_centre', '11200');
    await nina.select('ledger_account', '5291000');
    await fill(nina, { justification: why, ...day('from', 0) });
    await nina.press('Zur Freigabe senden');
  });
  assert.doesNotMatch(await nina.page.innerText('.wa-headmeta'), /11200/, 'moved before somebody has approved');
  await approve(georg, id, 'life-transfer');
  await nina.open(`/bookings/${booking}`);
  assert.match(await nina.page.innerText('.wa-headmeta'), /11200/);
  assert.match(await nina.page.innerText('#assigned'), /11200[\s\S]*5291000[\s\S]*gilt jetzt[\s\S]*24300/);
  await nina.look('life-transferred');
  ok('the booking moved to another Kostenstelle, and the page says from when');
}

/** Writes what is right, then what is wrong, and goes back to the moment in between. Returns psql with the new access data. */
async function restore(nina, georg, booking, psql) {
  await nina.open(`/bookings/${booking}`);
  await until(nina, '#backups', /Frühester Stand, der wiederherstellbar ist/, 120);
  psql("create table anmeldung (name text, daten text); insert into anmeldung values ('Ada'), ('Emil')");
  const moment = Math.ceil(Date.now() / 1000) * 1000;
  await soon(5, () => assert(Date.now() > moment + 1000));
  psql("insert into anmeldung values ('Falsch')");
  // What is written reaches the object storage when a segment of the log is full.
  psql("insert into anmeldung select 'Import ' || n, repeat(md5(n::text), 10) from generate_series(1, 120000) n");
  const [year, month, date, time] = clock(moment);
  const wish = { at_day: date, at_month: month, at_year: year, at_time: time, justification: 'Falsche Datei eingelesen' };

  const id = await ordered(nina, booking, async () => {
    await nina.open(`/bookings/${booking}/restore`);
    await nina.look('life-restore');
    await nina.page.locator('[name=confirm]').check();
    await refused(nina, 'Zur Freigabe senden', 'at_day', { ...wish, at_year: String(Number(year) - 1) }, 'restore');
    await fill(nina, wish);
    await nina.press('Zur Freigabe senden');
  });
  await approve(georg, id, 'life-restore');
  await nina.open(`/bookings/${booking}`);
  await until(nina, '#progress', /Früherer Stand wiederhergestellt/, 240);
  await until(nina, '.wa-headmeta', /Läuft(?!,)/, 60);
  await nina.look('life-restored');
  const again = opened(await reveal(nina, booking, 'life-reveal-restored'));
  assert.equal(await soon(30, () => again(names)), 'Ada, Emil');
  ok('the database went back: what was written before the moment is there, what came after it is not');

  await nina.open(`/bookings/${booking}`);
  await refused(nina, 'Ersetzten Stand jetzt löschen', 'drop_confirm', {}, 'drop');
  assert.equal(there(booking, 'clusters.postgresql.cnpg.io').length, 2);
  await nina.page.locator('[name=drop_confirm]').check();
  await nina.press('Ersetzten Stand jetzt löschen');
  await soon(120, () => assert.equal(there(booking, 'clusters.postgresql.cnpg.io').length, 1));
  assert.equal(again(names), 'Ada, Emil');
  ok('what was replaced is gone as soon as the customer says so');
  return again;
}

async function comeBack(nina, georg, booking, psql) {
  await nina.open(`/bookings/${booking}/terminate`);
  await refused(nina, 'Beendigung zur Freigabe senden', 'confirm', { justification: 'Das Verfahren ist abgelöst' }, 'terminate');
  await orderEnd(nina, georg, booking, 'life-kept', true);
  await nina.open(`/bookings/${booking}`);
  await until(nina, '.wa-headmeta', /Beendet, Daten aufbewahrt/, 240);
  await soon(30, () => assert.throws(() => psql('select 1'), /Connection refused|No route to host|timeout expired/));
  assert.deepEqual(there(booking, 'pods'), []);
  assert.equal(there(booking, 'pvc').length, 1);
  await nina.look('life-kept');
  ok('ended, nothing runs and nothing answers; the data are kept');

  await refused(nina, 'Zur Freigabe senden', 'justification', { justification: ' ' }, 'resume');
  const id = await ordered(nina, booking, async () => {
    await fill(nina, { justification: 'Es wird doch gebraucht' });
    await nina.press('Zur Freigabe senden');
  });
  await approve(georg, id, 'life-resume');
  await nina.open(`/bookings/${booking}`);
  await until(nina, '.wa-headmeta', /Läuft(?!,)/, 240);
  assert.equal(await nina.page.locator('#h-end').count(), 0, 'it has no end any more');
  await nina.look('life-resumed');
  assert.equal(await soon(30, () => psql(names)), 'Ada, Emil');
  ok('the end is taken back: the same access data open the same data');
}

/** Switches on the page of the location whether people decide. */
async function decides(deniz, button, said) {
  await deniz.open('/locations');
  await deniz.page.getByRole('main').getByRole('link', { name: 'Musterregion' }).first().click();
  await deniz.page.waitForURL(/\/locations\/./);
  await deniz.press(button);
  assert.match(await deniz.text(), said);
  await deniz.look(`life-decides-${button.endsWith('entscheiden') ? 'on' : 'off'}`);
}

async function byHand(nina, georg) {
  const deniz = await Person.signIn('deniz.koch@datenzentrale.example');
  const mara = await Person.signIn('mara.engel@datenzentrale.example');
  const decide = async (booking) => {
    await mara.open(`/bookings/${booking}`);
    await mara.page.locator('#tasks').getByRole('link', { name: 'Buchung annehmen' }).last().click();
    await mara.page.waitForURL(/\/tasks\//);
  };
  const waiting = async (label, name) => {
    const id = await order(nina, lights(label, name));
    await approve(georg, id, `life-${label}`);
    const booking = await bookingOf(nina, id);
    await nina.open(`/bookings/${booking}`);
    assert.match(await nina.page.innerText('#progress'), /Der Anbieter hat die Buchung noch nicht angenommen/);
    return booking;
  };
  await decides(deniz, 'Künftig von Hand entscheiden', /Sie entscheiden jede Bestellung von Hand/);
  try {
    const declined = await waiting('schulen', 'Licht am Schulzentrum');
    await nina.look('life-by-hand-waits');
    await decide(declined);
    await mara.look('life-decide');
    await refused(mara, 'Ablehnen', 'reason', { reason: ' ' }, 'decline');
    await mara.type('reason', 'Der Standort wird im Januar umgebaut.');
    await mara.press('Ablehnen');
    await nina.open(`/bookings/${declined}`);
    assert.match(await nina.text(), /Vom Anbieter abgelehnt[\s\S]*Der Standort wird im Januar umgebaut\./);
    await nina.look('life-declined');
    ok('the provider declines an order, and the orderer reads why');

    const accepted = await waiting('schulwege', 'Licht auf Schulwegen');
    assert(!musterregion.log().includes(accepted), 'its location knows it before it was accepted');
    await decide(accepted);
    await mara.press('Buchung annehmen');
    await nina.open(`/bookings/${accepted}`);
    await until(nina, '.wa-headmeta', /Läuft/, 240);
    assert(musterregion.log().includes(accepted) && !musterregion.log().includes(declined));
    ok('another one waits, reaches its location only when it was accepted, and runs');
    await terminate(nina, georg, accepted, 'life-accepted');
  } finally {
    await decides(deniz, 'Künftig von selbst annehmen', /holt sich das Betreiberprogramm von selbst/);
  }
  ok('the location takes orders by itself again');
}

await story(async () => {
  const nina = await Person.signIn('nina.lorenz@beispielkreis.example');
  const georg = await Person.signIn('georg.haas@beispielkreis.example');
  const id = await order(nina, database);
  await approve(georg, id, 'life-database');
  const booking = await bookingOf(nina, id);
  await nina.open(`/bookings/${booking}`);
  await until(nina, '.wa-headmeta', /Läuft/, 240);
  const psql = opened(await reveal(nina, booking, 'life-reveal'));
  assert.equal(await soon(30, () => psql('select 1')), '1');
  ok('a database with backups and a fixed end runs');

  await longer(nina, georg, booking);
  await transfer(nina, georg, booking);
  const again = await restore(nina, georg, booking, psql);
  await comeBack(nina, georg, booking, again);
  await terminate(nina, georg, booking, 'life-database');
  await byHand(nina, georg);
});
