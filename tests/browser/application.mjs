// Two applications from the order to the XRechnung: booked in the browser, used from the customer's network, one of them changed,
// stopped and started with what was put into it and opened to the internet, what they count shown as usage and billed. The
// provider issues the final invoices, the customer's finance downloads them.
import assert from 'node:assert/strict';
import { Person, ok, story } from './people.mjs';
import {
  approve, assign, at, bookingOf, change, download, finalInvoice, power, reveal, soon, terminate, until,
} from './steps.mjs';

const exchange = {
  key: 'exchange', search: 'Datenaustausch', title: 'Datenaustauschplattform', name: 'Austausch mit Planungsbüros',
  label: 'planung', networks: '192.168.213.0/25',
  // Kubernetes would put the value of a variable of that name there.
  settings: { largest_file_mb: '2', greeting: 'Pläne bis $(ADMIN_USER), danach $$ Gebühr' },
  why: 'Pläne mit Büros austauschen, die keinen Zugang zum Netz der Stadt haben',
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
  if (it.networks) await murat.type('parameters.allowed_networks', it.networks);
  for (const [name, value] of Object.entries(it.settings ?? {})) await murat.type(`parameters.${name}`, value);
  await assign(murat, '11.1.40', '11140', it.why);
  await murat.press('Weiter zur Prüfung');
  assert.match(murat.page.url(), /\/check$/, await murat.text());
  await murat.look(`${it.key}-check`);
  const said = await murat.text();
  for (const value of Object.values(it.settings ?? {})) assert(said.includes(value), `${value} is not on the page to check`);
  await murat.page.locator('[name="confirm"]').check();
  await murat.press('Bestellung zur Freigabe senden');
  assert.match(murat.page.url(), /\/orders\/[0-9a-f-]{36}/, await murat.text());
  it.order = new URL(murat.page.url()).pathname.split('/').pop();
}

/** What was ordered is what the application obeys, seen from the customer's network. */
function obeys(place, access, largest) {
  const address = (path) => new URL(path, access.url).href;
  const settings = JSON.parse(place.customer('curl', '-sSf', '--max-time', '20', address('/api/settings')));
  assert.deepEqual(settings, { largest_file_mb: largest, greeting: exchange.settings.greeting });
  const upload = (bytes) => place.customer('sh', '-c', `head -c ${bytes} /dev/zero | curl -sS --max-time 30 -o /dev/null \
    -w '%{http_code}' -u '${access.user}:${access.password}' --data-binary @- '${address('/api/files?name=leer.bin')}'`).trim();
  assert.equal(upload(largest * 1_000_000 + 1), '413');
  assert.equal(upload(largest * 1_000_000), '200');
}

/** Uploads a file, shares it, reads it without an account as the invited office would, and adds a second person. */
function useExchange(place, access) {
  const curl = (path, ...words) => place.customer('curl', '-sSf', '--max-time', '20', ...words, new URL(path, access.url).href);
  const signedIn = ['-u', `${access.user}:${access.password}`];
  const file = JSON.parse(curl('/api/files?name=plan.txt', ...signedIn, '--data-binary', 'Plan für den Stadtpark'));
  const link = JSON.parse(curl(`/api/files/${file.id}/links`, ...signedIn, '-X', 'POST'));
  assert.equal(curl(link.path), 'Plan für den Stadtpark');
  assert.throws(() => curl('/api/files', '-u', `${access.user}:falsch`), /401/);
  const elsewhere = () => place.customerFrom('200', 'curl', '-sSf', '--max-time', '10', new URL(link.path, access.url).href);
  assert.throws(elsewhere, 'a network that is not listed');
  curl('/api/people', ...signedIn, '--data-urlencode', 'name=planung@example.org', '--data-urlencode', 'password=ein-langes-kennwort');
  return new URL(link.path, access.url).href;
}

/** A larger plan, then a stop and a start: each time the shared file is there again, and only then. */
async function live(murat, tobias, { booking, place }, link, access) {
  const memory = () => JSON.parse(place.kubectl('get', 'pods', '-A', '-l', `wolkenamt.de/booking=${booking}`, '-o', 'json')).items
    .map((pod) => pod.spec.containers[0].resources.requests.memory);
  const fetched = () => place.customer('curl', '-sSf', '--max-time', '20', link);
  assert.deepEqual(memory(), ['256Mi']);
  await approve(tobias, await change(murat, booking, {
    plan: 'Mittel', fields: { 'parameters.largest_file_mb': '3' }, why: 'Mehr Büros als gedacht, größere Pläne',
  }, 'exchange'), 'exchange-change');
  await murat.open(`/bookings/${booking}`);
  await until(murat, '#progress', /Änderung wirksam/, 180);
  await until(murat, '.wa-headmeta', /Läuft/, 240);
  assert.deepEqual(memory(), ['512Mi']);
  assert.equal(await soon(30, fetched), 'Plan für den Stadtpark');
  await soon(30, () => obeys(place, access, 3));
  ok('a larger plan and a larger setting are in effect, and the file is still there');

  await power(murat, booking, 'Jetzt anhalten', /Angehalten/, 120);
  assert.deepEqual(memory(), []);
  assert.throws(fetched, 'stopped, and yet it answers');
  await power(murat, booking, 'Jetzt starten', /Läuft/, 120);
  assert.equal(await soon(30, fetched), 'Plan für den Stadtpark');
  ok('stopped, nothing answers; started again, the file is still there');
}

/** From the provider's network into the internet: under another name with a certificate of its own, and no longer under the first. */
async function open(murat, tobias, { booking, place }, link) {
  await murat.open(`/bookings/${booking}`);
  assert.match(await murat.page.locator('#access').textContent(), /nur aus dem Netz des Anbieters/);
  const former = new URL(link);
  await approve(tobias, await change(murat, booking, {
    choices: { 'parameters.exposure': 'internet' }, why: 'Büros ohne Zugang zum Netz des Anbieters',
  }, 'exchange-open'), 'exchange-open');
  await murat.open(`/bookings/${booking}`);
  await until(murat, '#access', /offen\.beispielhausen\.wolkenamt\.test/, 180);
  await until(murat, '.wa-headmeta', /Läuft/, 240);
  assert.match(await murat.page.locator('#access').textContent(), /aus dem Internet/);
  const url = await murat.page.locator('#access a[href^="https://"]').first().getAttribute('href');
  const fetched = () => place.customer('curl', '-sSf', '--max-time', '20', new URL(former.pathname, url).href);
  assert.equal(await soon(60, fetched), 'Plan für den Stadtpark');
  assert.throws(() => place.customer('curl', '-sSf', '--max-time', '10', former.href), 'the former name still leads there');
  ok('opened to the internet: another name with a verified certificate, the same file, and the former name leads nowhere');
}

/** Forty people ask. */
function useChatbot(place, url) {
  const question = ['-d', JSON.stringify({ text: 'Wie bekomme ich einen Ausweis?' })];
  assert.match(place.customer('curl', '-sSf', '--max-time', '20', ...question, `${new URL('/api/conversations', url).href}?asker=[1-40]`), /Bürgerbüro/);
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
    await until(murat, '.wa-headmeta', /Läuft/, 240);
    it.url = await murat.page.locator('#access a[href^="https://"]').first().getAttribute('href');
    // The marketplace chose among the locations of the offering; the address names the one.
    const location = new URL(it.url).hostname.split('.')[1];
    it.place = at(location);
    ok(`${it.title} runs in ${location}`);
  }
  useChatbot(chatbot.place, chatbot.url);
  ok("forty conversations from the customer's network");
  const access = await reveal(murat, exchange.booking, 'exchange-reveal');
  const link = useExchange(exchange.place, access);
  ok("a file is uploaded, shared and fetched by link from the customer's network; a network that is not listed is refused");

  obeys(exchange.place, access, 2);
  ok('the settings of the order are in effect: a larger file is refused, the greeting is there letter by letter');

  for (const [it, counted] of [[exchange, /Nutzer/], [chatbot, /Gespräche/]]) {
    await murat.open(`/bookings/${it.booking}`);
    await until(murat, '#usage', counted, 240);
    await murat.look(`${it.key}-booking`);
  }
  ok('what was counted is shown as usage');
  await live(murat, tobias, exchange, link, access);
  await open(murat, tobias, exchange, link);

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
