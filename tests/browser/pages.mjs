// Every page that the other stories do not open, with its empty, refused and waiting states; the main pages in every width
// and in both colour schemes. Runs after the chain, so that there is something to see.
import assert from 'node:assert/strict';
import { Person, ok, run, story } from './people.mjs';

/** Opens pages by path and looks at each. */
async function walk(person, pages) {
  for (const [name, path] of Object.entries(pages)) {
    await person.open(path);
    await person.look(name);
  }
}

/** Opens what answers with an error. */
async function refused(person, name, path, status) {
  assert.equal((await person.page.goto(run.url + path)).status(), status, path);
  await person.look(name);
}

async function everywhere(person, pages) {
  for (const [name, path] of Object.entries(pages)) {
    await person.open(path);
    await person.everywhere(name);
  }
}

async function public_pages() {
  const nobody = await Person.anybody();
  await everywhere(nobody, { 'sign-in': '/sign-in' });
  await nobody.type('email', 'jana.probst@musterstadt.example');
  await nobody.type('password', 'falsch');
  await nobody.press('Anmelden');
  assert.match(await nobody.page.title(), /^Fehler:/);
  await nobody.look('sign-in-wrong');
  await walk(nobody, { api: '/api', accessibility: '/accessibility', mails: '/mails' });
  await nobody.page.locator('main a[href^="/mails/"]').first().click();
  await nobody.look('mail');
}

async function customers() {
  const jana = await Person.signIn('jana.probst@musterstadt.example');
  await jana.open('/bookings');
  const running = await jana.page.getByRole('link', { name: 'Spielplatzkontrolle' }).getAttribute('href');
  await jana.open('/offerings');
  const offering = await jana.page.locator('main a[href^="/offerings/"]').first().getAttribute('href');
  await everywhere(jana, {
    'start-orderer': '/', offerings: '/offerings', 'offering-first': offering, 'order-form-empty': `${offering}/order`,
    orders: '/orders', 'bookings-running': '/bookings', 'booking-running': running,
    compare: '/products/virtual-machine', 'booking-availability': `${running}/availability`,
  });
  await walk(jana, { 'offerings-nothing': '/offerings?q=gibtesnicht', 'bookings-ended': '/bookings?tab=ended', 'orders-drafts': '/orders?tab=drafts' });
  await refused(jana, 'forbidden', '/audit', 403);
  await refused(jana, 'missing', '/gibt-es-nicht', 404);
  await tokens(jana);

  const uwe = await Person.signIn('uwe.petersen@kleindorf.example');
  await walk(uwe, { 'start-empty': '/', 'orders-empty': '/orders', 'bookings-empty': '/bookings', 'bookings-ended-empty': '/bookings?tab=ended' });
  const frauke = await Person.signIn('frauke.hansen@kleindorf.example');
  await walk(frauke, { 'start-approver': '/', 'approvals-empty': '/approvals', 'budgets-none': '/budgets', 'invoices-empty': '/invoices' });
}

async function tokens(jana) {
  await everywhere(jana, { tokens: '/account/tokens' });
  await jana.type('name', '');
  await jana.press('Zugangstoken erzeugen');
  assert.match(await jana.page.title(), /^Fehler:/);
  await jana.look('tokens-wrong');
  await jana.type('name', 'Auswertung');
  await jana.type('password', jana.password);
  await jana.press('Zugangstoken erzeugen');
  assert.match(await jana.text(), /wka_/);
  await jana.look('tokens-made');
  await jana.open('/account/tokens');
  assert.doesNotMatch(await jana.text(), /wka_[A-Za-z0-9_-]{43}/);
  ok('a token is shown once');
}

async function money() {
  const petra = await Person.signIn('petra.anders@musterstadt.example');
  await everywhere(petra, { budgets: '/budgets' });
  const karl = await Person.signIn('karl.winter@musterstadt.example');
  await karl.open('/invoices');
  const invoice = await karl.page.getByRole('main').getByRole('link', { name: /IVB-|KDM-/ }).first().getAttribute('href');
  await everywhere(karl, { invoices: '/invoices', invoice });
  const olga = await Person.signIn('olga.brandt@musterstadt.example');
  await everywhere(olga, { audit: '/audit' });
}

async function providers() {
  const berta = await Person.signIn('berta.franke@it-verbund.example');
  await walk(berta, { 'start-billing': '/', 'month-issued': '/finance/months?month=2026-10' });
  await everywhere(berta, { months: '/finance/months' });
  const lena = await Person.signIn('lena.fuchs@it-verbund.example');
  await walk(lena, { 'start-lists': '/' });
  const deniz = await Person.signIn('deniz.koch@datenzentrale.example');
  await everywhere(deniz, { differences: '/differences', locations: '/locations' });
  await deniz.press('Standort anlegen');
  assert.match(await deniz.page.title(), /^Fehler:/);
  await deniz.look('locations-wrong');
  await deniz.open('/locations');
  await deniz.page.locator('main a[href^="/locations/"]').first().click();
  await deniz.everywhere('location');
  await deniz.page.getByRole('link', { name: 'Wartung ansehen und ankündigen' }).click();
  await deniz.everywhere('maintenance');
  await deniz.press('Wartung ankündigen');
  assert.match(await deniz.page.title(), /^Fehler:/);
  await deniz.look('maintenance-wrong');
  const otto = await Person.signIn('otto.lange@marktplatz.example');
  await walk(otto, { 'start-marketplace': '/', 'audit-marketplace': '/audit' });
}

await story(async () => {
  for (const part of [public_pages, customers, money, providers]) await part();
});
