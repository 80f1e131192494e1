// After everything was killed and started again: what was booked and decided before is still there.
import assert from 'node:assert/strict';
import { Person, ok, story } from './people.mjs';

await story(async () => {
  const jana = await Person.signIn('jana.probst@musterstadt.example');
  await jana.open('/bookings?tab=ended');
  assert.match(await jana.text(), /Baumkataster, Datenbank/);
  ok('the ended booking is still there');
  const olga = await Person.signIn('olga.brandt@musterstadt.example');
  await olga.open('/audit');
  await olga.look('audit');
  const klara = await Person.signIn('karl.winter@musterstadt.example');
  await klara.open('/invoices');
  await klara.look('invoices');
  await klara.page.getByRole('main').getByRole('link', { name: /IVB-|KDM-/ }).first().click();
  await klara.look('invoice');
});
