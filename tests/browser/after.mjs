// After everything was killed and started again: what was booked and decided before is still there.
import assert from 'node:assert/strict';
import { Person, ok, story } from './people.mjs';
import { until } from './steps.mjs';

await story(async () => {
  const jana = await Person.signIn('jana.probst@musterstadt.example');
  await jana.open('/bookings?tab=ended');
  assert.match(await jana.text(), /Baumkataster, Datenbank/);
  ok('the ended booking is still there');
  await jana.open('/bookings');
  const running = jana.page.getByRole('link', { name: 'Spielplatzkontrolle' });
  assert.equal(await running.count(), 1, 'a second start orders nothing');
  await jana.page.goto(new URL(await running.getAttribute('href'), jana.page.url()).href);
  await until(jana, '.wa-headmeta', /Läuft/, 120);
  ok('the booking of the demonstration runs again, and there is one');
  const lea = await Person.signIn('lea.hoffmann@mittelfeld.example');
  await lea.open('/bookings');
  await lea.follow('Straßenlicht Süd');
  await until(lea, '.wa-headmeta', /Läuft/, 120);
  ok("so does the application in the second provider's cluster");
  const olga = await Person.signIn('olga.brandt@musterstadt.example');
  await olga.open('/audit');
  await olga.look('audit');
  const karl = await Person.signIn('karl.winter@musterstadt.example');
  await karl.open('/invoices');
  await karl.look('invoices');
  await karl.page.getByRole('main').getByRole('link', { name: /IVB-|KDM-/ }).first().click();
  await karl.look('invoice');
});
