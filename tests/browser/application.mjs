// Two applications from the order to the XRechnung: booked in the browser, used from the customer's network, what they count
// shown as usage and billed. The provider issues the final invoices, the customer's finance downloads them.
import assert from 'node:assert/strict';
import { Person, ok, story } from './people.mjs';
import { approve, assign, bookingOf, customer, download, finalInvoice, reveal, terminate, until } from './steps.mjs';

const exchange = {
  key: 'exchange', search: 'Datenaustausch', title: 'Datenaustauschplattform', name: 'Austausch mit Planungsbüros',
  label: 'planung', why: 'Pläne mit Büros austauschen, die keinen Zugang zum Netz der Stadt haben',
};
const chatbot = {
  key: 'chatbot', search: 'Chatbot', title: 'Bürgerservice-Chatbot', name: 'Auskunft zum Stadtfest',
  label: 'stadtfest', why: 'Fragen zum Stadtfest außerhalb der Öffnungszeiten',
};

async function order(murat, it) {
  await murat.open(`/offerings?q=${it.search}`);
  await murat.follow(it.title);
  await murat.look(`${it.key}-offering`);
  await murat.press('Bestellung beginnen');
  await murat.type('name', it.name);
  await murat.type('parameters.label', it.label);
  await murat.type('parameters.admin_email', 'murat.demir@musterstadt.example');
  await assign(murat, '11.1.40', '11140', it.why);
  await murat.press('Weiter zur Prüfung');
  assert.match(murat.page.url(), /\/check$/, await murat.text());
  await murat.look(`${it.key}-check`);
  await murat.page.locator('[name="confirm"]').check();
  await murat.press('Bestellung zur Freigabe senden');
  assert.match(murat.page.url(), /\/orders\/[0-9a-f-]{36}/, await murat.text());
  it.order = new URL(murat.page.url()).pathname.split('/').pop();
}

/** Uploads a file, shares it, reads it without an account as the invited office would, and adds a second person. */
function useExchange(access) {
  const curl = (path, ...words) => customer('curl', '-sSf', '--max-time', '20', ...words, new URL(path, access.url).href);
  const signedIn = ['-u', `${access.user}:${access.password}`];
  const file = JSON.parse(curl('/api/files?name=plan.txt', ...signedIn, '--data-binary', 'Plan für den Stadtpark'));
  const link = JSON.parse(curl(`/api/files/${file.id}/links`, ...signedIn, '-X', 'POST'));
  assert.equal(curl(link.path), 'Plan für den Stadtpark');
  assert.throws(() => curl('/api/files', '-u', `${access.user}:falsch`), /401/);
  curl('/api/people', ...signedIn, '--data-urlencode', 'name=planung@example.org', '--data-urlencode', 'password=ein-langes-kennwort');
}

/** Forty people ask. */
function useChatbot(url) {
  const question = ['-d', JSON.stringify({ text: 'Wie bekomme ich einen Ausweis?' })];
  assert.match(customer('curl', '-sSf', '--max-time', '20', ...question, `${new URL('/api/conversations', url).href}?asker=[1-40]`), /Bürgerbüro/);
}

await story(async () => {
  const murat = await Person.signIn('murat.demir@musterstadt.example');
  const tobias = await Person.signIn('tobias.krell@musterstadt.example');
  for (const it of [exchange, chatbot]) {
    await order(murat, it);
    await approve(tobias, it.order, it.key);
    it.booking = await bookingOf(murat, it.order);
  }
  for (const it of [exchange, chatbot]) {
    await murat.open(`/bookings/${it.booking}`);
    await until(murat, '.wa-headmeta', /Läuft/, 90);
    ok(`${it.title} runs`);
  }
  useChatbot(await murat.page.locator('#access a[href^="https://"]').first().getAttribute('href'));
  ok("forty conversations from the customer's network");
  useExchange(await reveal(murat, exchange.booking, 'exchange-reveal'));
  ok("a file is uploaded, shared and fetched by link from the customer's network");

  for (const [it, counted] of [[exchange, /Nutzer/], [chatbot, /Gespräche/]]) {
    await murat.open(`/bookings/${it.booking}`);
    await until(murat, '#usage', counted, 60);
    await murat.look(`${it.key}-booking`);
  }
  ok('what was counted is shown as usage');

  for (const it of [exchange, chatbot]) await terminate(murat, tobias, it.booking, it.key);
  const berta = await Person.signIn('berta.franke@it-verbund.example');
  const karl = await Person.signIn('karl.winter@musterstadt.example');
  for (const [it, line] of [[exchange, /Nutzer[\s\S]*3,80/], [chatbot, /Gespräche[\s\S]*0,50/]]) {
    const invoice = await finalInvoice(berta, it.booking);
    await berta.look(`final-invoice-${it.key}`);
    await download(karl, invoice, it.key);
    assert.match(await karl.text(), line);
    ok(`${it.title}: what was counted is billed, and finance has the XRechnung`);
  }
});
