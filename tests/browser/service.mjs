// An EfA service, clicked in German: ordered where a service broker offers it, set up by that broker, the steps of people around
// it until it goes live, handed over, given a larger plan, ended. What the broker was asked stands in its own log.
import assert from 'node:assert/strict';
import { Person, ok, story } from './people.mjs';
import { asked, kept } from './broker.mjs';
import { approve, at, bookingOf, change, order, reveal, table, terminate, until } from './steps.mjs';

const nordhafen = at('nordhafen');
const title = 'Aufenthaltstitel zum Zweck der Erwerbstätigkeit';

/** Opens a task of the booking by its title and presses the button. */
async function close(person, booking, task, button = 'Erledigt') {
  await person.open(`/bookings/${booking}`);
  await person.page.locator('#tasks .kern-task-list').getByRole('link', { name: task }).click();
  await person.page.waitForURL(/\/tasks\//);
  await person.press(button);
}

await story(async () => {
  const murat = await Person.signIn('murat.demir@musterstadt.example');
  const tobias = await Person.signIn('tobias.krell@musterstadt.example');
  const felix = await Person.signIn('felix.arnold@it-verbund.example');

  const paul = await Person.signIn('paul.seidel@it-verbund.example');
  await paul.open('/locations');
  await paul.look('locations-two');
  await paul.page.getByRole('main').getByRole('link', { name: 'Nordhafen' }).first().click();
  assert.match(await paul.text(), /efa \(\d+ Tarife\)/, 'the broker answered with its catalogue');
  await paul.look('location-broker');

  await murat.open(`/offerings?q=${encodeURIComponent('Aufenthaltstitel')}`);
  await murat.follow(title);
  assert.match(await murat.text(), /Läuft am Standort Nordhafen/, 'the one location whose broker offers it');
  await murat.look('service-offering');
  const id = await order(murat, {
    search: 'Aufenthaltstitel', link: title, name: 'Aufenthaltstitel online',
    fields: {
      'parameters.tenant': 'Stadt Musterstadt', 'parameters.admin_email': 'murat.demir@musterstadt.example',
      'answers.ars': '160990000001', 'answers.procedure': 'Musterfach Ausland 4',
    },
    line: '11.1.40', costCentre: '12200', why: 'Fachkräfte beantragen ihren Aufenthaltstitel online',
  });
  await approve(tobias, id, 'service');
  const booking = await bookingOf(murat, id);
  await murat.open(`/bookings/${booking}`);
  await murat.look('service-waiting');
  await until(murat, '.wa-headmeta', /Läuft/, 180);
  assert.deepEqual(asked(booking), ['provision klein', 'bind klein']);
  const [known] = JSON.parse(nordhafen.kubectl('get', 'bookings', booking, '-o', 'json')).status.conditions
    .filter((one) => one.type === 'Ready');
  assert.equal(known.status, 'True');
  assert.equal(at('beispielhausen').kubectl('get', 'bookings', booking, '--ignore-not-found', '-o', 'name'), '');
  ok('the broker of Nordhafen made a tenant and credentials, each of them once');

  assert.match(await murat.page.innerText('#tasks'), /Nachnutzung[\s\S]*DVDV[\s\S]*Freischalten/);
  await murat.everywhere('service-booking');
  await close(felix, booking, 'Freischalten');
  assert.match(await felix.text(), /noch 4 Aufgaben offen/);
  await felix.look('service-go-live-too-early');
  await close(murat, booking, 'Nachnutzung');
  await close(murat, booking, 'Fachverfahren anbinden');
  await close(felix, booking, 'Eintrag im DVDV');
  await close(felix, booking, 'Eintrag im Zuständigkeitsfinder');
  assert.equal(await murat.page.locator('#online-service').count(), 0);
  await close(felix, booking, 'Freischalten');
  await murat.open(`/bookings/${booking}`);
  const [record] = await table(murat, `/bookings/${booking}/online-service.csv`);
  assert(Object.values(record).includes('99010020000000') && Object.values(record).includes('160990000001'), JSON.stringify(record));
  await murat.look('service-live');
  ok('people on both sides did their steps, and the record of the online service is there');

  const access = await reveal(murat, booking, 'service-reveal');
  assert.equal(access.tenant, 'Stadt Musterstadt');
  assert(kept().includes(access.password), 'what the broker drew is what was shown');
  assert(!nordhafen.kubectl('get', 'bookings', booking, '-o', 'yaml').includes(access.password));

  await approve(tobias, await change(murat, booking, { plan: 'Bis 500.000', why: 'Nun für alle Dienststellen' }, 'service'), 'service-change');
  await murat.open(`/bookings/${booking}`);
  await until(murat, '#progress', /Änderung wirksam/, 180);
  assert.deepEqual(asked(booking).slice(2), ['update gross']);
  assert.equal(JSON.parse(kept())[0][booking].plan, 'gross');
  ok('a larger plan is in effect at the broker');

  await terminate(murat, tobias, booking, 'service');
  assert.deepEqual(asked(booking).slice(3), ['unbind gross', 'deprovision gross']);
  assert(!kept().includes(booking));
  assert.equal(nordhafen.kubectl('get', 'secrets', '-A', '-l', `wolkenamt.de/booking=${booking}`, '-o', 'name'), '');
  await murat.look('service-gone');
  await felix.open(`/bookings/${booking}`);
  await felix.look('service-provider');
  ok('the tenant and its credentials are gone at the broker, whose answer is the proof');
});
