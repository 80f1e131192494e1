// `make journey`: one booking through the whole chain of what `make run` started, by the public API alone, in the
// price-free test organisation. Prints each step with its time; the smoke test after an upgrade. Where psql exists, it
// connects to the booked database with the access data that only this program could open.
//
// WOLKENAMT_JOURNEY says what is looked for in the catalogue (default: Datenbank; Chatbot is an application).
// WOLKENAMT_RUN_JSON names the file that `make run` keeps. People sign in once through the form to make their access
// tokens, as they would by hand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { keyPair } from './sealed.mjs';

const home = process.env.WOLKENAMT_HOME ?? `${process.env.XDG_STATE_HOME ?? `${process.env.HOME}/.local/state`}/wolkenamt`;
const run = JSON.parse(readFileSync(process.env.WOLKENAMT_RUN_JSON ?? `${home}/run.json`, 'utf8'));
const started = Date.now();
let last = started;
let passed = 0;

function ok(what) {
  const now = Date.now();
  console.log(`ok  ${what.padEnd(62)} ${((now - last) / 1000).toFixed(2).padStart(7)} s`);
  last = now;
  passed += 1;
}

/** Somebody with an access token. */
async function program(role) {
  const account = run.sign_ins.find((one) => one.organisation === 'Prüfamt' && one.roles.includes(role));
  const jar = {};
  const send = async (path, body) => {
    const answer = await fetch(run.url + path, {
      method: body ? 'POST' : 'GET', redirect: 'manual', body: body && new URLSearchParams(body),
      headers: { cookie: Object.entries(jar).map((pair) => pair.join('=')).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      jar[name] = value;
    }
    return answer.text();
  };
  const csrf = (html) => html.match(/name="csrf" value="([^"]+)"/)[1];
  await send('/sign-in', { csrf: csrf(await send('/sign-in')), email: account.email, password: account.password });
  const form = { csrf: csrf(await send('/account/tokens')), name: `journey ${started}`, days: '30', password: account.password };
  const made = await send('/account/tokens', [...Object.entries(form), ...account.roles.map((one) => ['roles', one])]);
  const token = made.match(/wka_[A-Za-z0-9_-]{43}/)[0];
  const call = async (method, path, body, key) => {
    const answer = await fetch(run.url + path, {
      method, body: body && JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  };
  return Object.assign(call, { password: account.password });
}

async function until(seconds, look) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert(Date.now() < end, `not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 500));
  }
}

const paula = await program('orders');
const fritz = await program('approves');
ok('sign-in, access tokens');

const searched = process.env.WOLKENAMT_JOURNEY ?? 'Datenbank';
const offerings = (await paula('GET', `/api/v1/offerings?q=${encodeURIComponent(searched)}`)).body;
const offer = offerings.products.flatMap((one) => one.offers)[0];
const offering = (await paula('GET', `/api/v1/offerings/${offer.id}`)).body;
ok(`catalogue: ${offering.title}, ${offering.provider.name}`);

const form = (await paula('GET', `/api/v1/offerings/${offer.id}/order-form`)).body;
const parameters = offering.kind === 'application'
  ? { label: 'probe', admin_email: 'probe@pruefamt.example' }
  : { database: 'probe', version: 15, storage_gib: 1, allowed_networks: [] };
const wish = {
  offering: offering.id, plan: form.plans[0].id, legal_basis: form.legal_bases[0].id, wished_on: form.earliest_start, name: `Probe ${new Date(started).toISOString()}`,
  parameters,
  cost_centre: '99999', account: '5431000', justification: 'Prüfung der Installation',
};
const refused = await paula('POST', '/api/v1/orders', { ...wish, cost_centre: 'x' }, `bad-${started}`);
assert.equal(refused.status, 422, JSON.stringify(refused.body));
assert(refused.body.errors.some((one) => one.pointer === '/cost_centre'), JSON.stringify(refused.body));
const placed = await paula('POST', '/api/v1/orders', wish, `journey-${started}`);
assert.equal(placed.status, 201, JSON.stringify(placed.body));
const again = await paula('POST', '/api/v1/orders', wish, `journey-${started}`);
assert.equal(again.body.id, placed.body.id);
ok(`order ${placed.body.number}, wrong input refused, repeated once`);

const decide = (id) => fritz('POST', `/api/v1/approvals/${id}`, { decision: 'approve' });
const approved = await decide(placed.body.id);
assert.equal(approved.status, 200, JSON.stringify(approved.body));
const order = (await paula('GET', `/api/v1/orders/${placed.body.id}`)).body;
ok('approval by a second person');

const running = await until(120, async () => {
  const { body } = await paula('GET', `/api/v1/bookings/${order.booking}`);
  return body.phase === 'active' && body;
});
ok(`provisioned, reached at ${running.endpoints[0]?.address}`);

const pair = keyPair();
const reveals = `/api/v1/bookings/${order.booking}/reveals`;
const ask = (password) => paula('POST', reveals, { password, public_key: pair.publicKey });
assert.equal((await ask('falsch')).status, 422, 'a token alone must not be enough');
const asked = await ask(paula.password);
assert.equal(asked.status, 202, JSON.stringify(asked.body));
const shown = await until(30, async () => {
  const { body } = await paula('GET', `${reveals}/${asked.body.id}`);
  return body.state !== 'waiting' && body;
});
assert.equal(shown.state, 'shown');
assert.equal((await paula('GET', `${reveals}/${asked.body.id}`)).body.state, 'already-shown');
const access = pair.open(shown.sealed);
ok('access data unsealed, handed over once');

/** Asks the database, verifying its certificate against the authority that came with the access data. */
function query(sql) {
  const folder = mkdtempSync(`${tmpdir()}/wolkenamt-journey.`);
  writeFileSync(`${folder}/ca.crt`, access.ca);
  const { host, address, port, database, user, password } = access;
  const words = Object.entries({ host, hostaddr: address, port, dbname: database, user, sslmode: 'verify-full', sslrootcert: `${folder}/ca.crt`, connect_timeout: 10 });
  const done = spawnSync('psql', ['-XAtqc', sql, words.filter(([, value]) => value).map((pair) => pair.join('=')).join(' ')],
    { encoding: 'utf8', env: { ...process.env, PGPASSWORD: password } });
  rmSync(folder, { recursive: true });
  return done;
}
// Applications have an address and no database.
if (access.database) {
  const answered = query("create table probe (wort text); insert into probe values ('da'); select wort from probe");
  if (answered.error?.code === 'ENOENT') {
    console.log('    psql is not installed: nobody connected to the database');
  } else {
    assert.equal(answered.stdout.trim(), 'da', answered.stderr);
    ok('psql connects with verify-full');
  }
}

// Where nodes are simulated nothing runs that could count.
if (running.simulated) {
  console.log('    the nodes are simulated: nothing is measured');
} else {
  const measured = await until(60, async () => {
    const { body } = await paula('GET', `/api/v1/bookings/${order.booking}`);
    return body.usage.watermark && body;
  });
  ok(`metered up to ${measured.usage.watermark}`);
}

const ending = await paula('POST', `/api/v1/bookings/${order.booking}/terminate`, { justification: 'Prüfung beendet', delete_at_once: true }, `end-${started}`);
assert.equal(ending.status, 201, JSON.stringify(ending.body));
assert.equal((await decide(ending.body.id)).status, 200);
const gone = await until(120, async () => {
  const { body } = await paula('GET', `/api/v1/bookings/${order.booking}`);
  return ['gone', 'settled'].includes(body.phase) && body;
});
ok(`ended and deleted, proof of ${gone.end.proof?.reported_at ?? 'nothing'}`);
assert(gone.end.proof, 'no proof of deletion');
console.log(`the whole chain in ${((Date.now() - started) / 1000).toFixed(1)} s`);
console.log(`${passed} passed, 0 failed`);
