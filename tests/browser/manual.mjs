// A service that people set up, clicked from the order to the confirmed end: tasks of both sides, access data sealed for the
// waiting browser, an objection, counted cases from a file. No cluster has anything to do with it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Person, ok, story } from './people.mjs';
import { approve, assign, bookingOf, work } from './steps.mjs';

const secret = 'Beispiel-Kennwort-von-Hand';

async function order(murat) {
  await murat.open('/offerings?q=Fahrtenschreiberkarte');
  await murat.follow('Fahrtenschreiberkarte beantragen');
  await murat.look('manual-offering');
  await murat.press('Bestellung beginnen');
  await murat.type('name', 'Fahrerkarten online');
  await murat.type('parameters.contact', 'Kfz-Zulassung, 0361 000099');
  await murat.type('answers.ars', '160990000012');
  await murat.type('answers.procedure', 'Musterfach 8.2');
  await assign(murat, '11.1.40', '11140', 'Anträge auf Fahrerkarten online annehmen');
  await murat.press('Weiter zur Prüfung');
  assert.match(murat.page.url(), /\/check$/, await murat.text());
  await murat.page.locator('[name="confirm"]').check();
  await murat.press('Bestellung zur Freigabe senden');
  return new URL(murat.page.url()).pathname.split('/').pop();
}

/** Opens a task of the booking by its title. */
async function task(person, booking, title) {
  await person.open(`/bookings/${booking}`);
  await person.page.locator('#tasks').getByRole('link', { name: title }).last().click();
  await person.page.waitForURL(/\/tasks\//);
}

async function done(person, booking, title, button = 'Erledigt') {
  await task(person, booking, title);
  await person.press(button);
  assert.match(person.page.url(), new RegExp(booking), await person.text());
}

/** Types a day into the three inputs of a statement. */
async function state(person, booking, title, day) {
  await task(person, booking, title);
  const [year, month, date] = day.split('-');
  await person.type('day_day', String(Number(date)));
  await person.type('day_month', String(Number(month)));
  await person.type('day_year', year);
  await person.press('Angeben und bestätigen lassen');
}

await story(async () => {
  const murat = await Person.signIn('murat.demir@musterstadt.example');
  const tobias = await Person.signIn('tobias.krell@musterstadt.example');
  const felix = await Person.signIn('felix.arnold@it-verbund.example');
  const id = await order(murat);
  await approve(tobias, id, 'manual');
  const booking = await bookingOf(murat, id);
  await murat.open(`/bookings/${booking}`);
  assert.match(await murat.text(), /Der Anbieter hat die Buchung noch nicht angenommen/);
  await murat.look('manual-booking-waiting');

  await felix.open('/tasks');
  assert.match(await felix.text(), /Buchung annehmen/);
  await felix.look('manual-tasks');
  await done(felix, booking, 'Buchung annehmen', 'Buchung annehmen');
  await done(murat, booking, 'Nachnutzung und Auftragsverarbeitung');
  await done(murat, booking, 'Fachverfahren anbinden');
  await done(felix, booking, 'Eintrag im DVDV');
  await done(felix, booking, 'Eintrag im Zuständigkeitsfinder');
  ok('both sides do their tasks');

  await murat.open(`/bookings/${booking}`);
  await murat.page.fill('[name="password"]', murat.password);
  await murat.press('Zugangsdaten anfordern');
  assert.match(await murat.text(), /Der Anbieter ist gefragt/);
  await murat.look('manual-reveal-waiting');
  await task(felix, booking, 'Zugangsdaten eingeben');
  await felix.look('manual-access');
  await felix.type('access_url', 'https://karte.example/musterstadt');
  await felix.type('access_user', 'musterstadt');
  await felix.type('password', secret);
  await felix.press('Verschlüsselt übergeben');
  await murat.open(`/bookings/${booking}/reveal`);
  assert.equal(await murat.page.locator('[data-access=password]').textContent(), secret);
  await murat.look('manual-reveal');
  await murat.reload();
  assert(!(await murat.text()).includes(secret), 'shown a second time');
  ok('access data of people are shown once, in the browser that waited');

  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(new Date());
  await state(felix, booking, 'Start (Go-live) angeben', today);
  await task(murat, booking, 'Start bestätigen');
  await murat.look('manual-confirm');
  await murat.type('reason', 'Der Eintrag fehlt noch');
  await murat.press('Widersprechen');
  await state(felix, booking, 'Start (Go-live) angeben', today);
  await done(murat, booking, 'Start bestätigen', 'Stimmt, bestätigen');
  assert.match(await murat.text(), /Läuft/);
  await murat.look('manual-booking-active');
  ok('the start is stated, objected to, stated anew and confirmed');

  await felix.open(`/bookings/${booking}/counts`);
  await felix.look('manual-counts');
  const file = `${work}/faelle.csv`;
  writeFileSync(file, `Tag;Messgröße;Anzahl;Vorgang\r\n2026-01-02;Fälle;3;K-1\r\n${today};cases;1;K-2\r\n`);
  await felix.page.setInputFiles('[name="file"]', file);
  await felix.press('Prüfen');
  assert.match(await felix.text(), /vor dem Start[\s\S]*noch nicht vorbei/);
  await felix.look('manual-counts-preview');
  ok('counted cases are checked line by line before anything is taken');

  await murat.open(`/bookings/${booking}/terminate`);
  await murat.look('manual-terminate');
  await murat.type('justification', 'Der Bund übernimmt');
  await murat.page.locator('[name="confirm"]').check();
  await murat.press('Beendigung zur Freigabe senden');
  const orders = await murat.page.locator('main a[href^="/orders/"]').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  await approve(tobias, orders.map((href) => href.split('/').pop()).find((one) => one !== id), 'manual-end');
  const end = Date.now() + 20_000;
  const stated = () => felix.page.locator('#tasks').getByRole('link', { name: 'Ende angeben' }).count();
  for (await felix.open(`/bookings/${booking}`); !(await stated()); await felix.reload()) {
    assert(Date.now() < end, 'the end is not planned within 20 s');
    await felix.page.waitForTimeout(500);
  }
  await state(felix, booking, 'Ende angeben', today);
  await done(murat, booking, 'Ende bestätigen', 'Stimmt, bestätigen');
  assert.match(await murat.text(), /Beendet/);
  await murat.look('manual-booking-gone');
  ok('the end is stated and confirmed');
});
