// A broker that sets nothing up, clicked in German: the customer reads why, the provider's people see it on their start page, remove
// the cause, and have the broker asked once more in the portal; nobody needs a console.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { asked, closed } from './broker.mjs';
import { Person, ok, run, story } from './people.mjs';
import { approve, bookingOf, order, terminate, until } from './steps.mjs';

const title = 'Aufenthaltstitel zum Zweck der Erwerbstätigkeit';

await story(async () => {
  const murat = await Person.signIn('murat.demir@musterstadt.example');
  const tobias = await Person.signIn('tobias.krell@musterstadt.example');
  const paul = await Person.signIn('paul.seidel@it-verbund.example');

  writeFileSync(closed, '');
  const id = await order(murat, {
    search: 'Aufenthaltstitel', link: title, name: 'Aufenthaltstitel zur Probe',
    fields: {
      'parameters.tenant': 'Stadt Musterstadt, Probe', 'parameters.admin_email': 'murat.demir@musterstadt.example',
      'answers.ars': '160990000001', 'answers.procedure': 'Musterfach Ausland 4',
    },
    line: '11.1.40', costCentre: '12200', why: 'Probe vor dem Umzug',
  });
  await approve(tobias, id, 'word');
  const booking = await bookingOf(murat, id);
  await murat.open(`/bookings/${booking}`);
  await until(murat, 'main', /lehnt die Einrichtung ab: [^.]*bis zum Abend wird gewartet/, 120);
  await murat.look('word-refused-customer');

  await paul.open('/');
  await paul.look('word-start');
  await paul.open(`/bookings/${booking}`);
  await paul.follow('Service-Broker ansehen');
  assert.match(await paul.text(), /bis zum Abend wird gewartet/);
  assert.equal(await paul.page.locator('[name="word"][value="delete"]').count(), 0, 'nothing came into being that could be deleted');
  await paul.everywhere('word-form');
  await paul.press('Dem Standort sagen');
  assert.match(await paul.text(), /Wählen Sie eine der angebotenen Antworten[\s\S]*Schreiben Sie, warum/, 'both faults at once');
  await paul.look('word-form-wrong');
  await paul.choose('word', 'Noch einmal anfragen');
  await paul.type('reason', 'Die Wartung ist vorbei');
  rmSync(closed);
  const before = asked(booking).length;
  await paul.press('Dem Standort sagen');
  await until(paul, 'main', /gehört/, 60);
  await paul.look('word-heard');
  await murat.open(`/bookings/${booking}`);
  await until(murat, '.wa-headmeta', /Läuft/, 120);
  assert.deepEqual(asked(booking).slice(before), ['provision klein', 'bind klein']);
  await murat.look('word-customer');
  ok('a broker that had refused was asked once more from the portal, once, and the service runs');

  const foreign = await murat.page.request.get(`${run.url}/bookings/${booking}/broker`);
  assert([403, 404].includes(foreign.status()), 'the customer decides nothing at the broker');
  await terminate(murat, tobias, booking, 'word');
});
