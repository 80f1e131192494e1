// A virtual machine, clicked in German: ordered with the own public key (once with the private one, by mistake), approved by
// somebody else, entered by ssh from another network and known by its own key, stopped, given a larger disk and started with
// what was written on it, and ended. Emulated machines start slowly on a busy computer, so this story runs beside the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Person, ok, story } from './people.mjs';
import { approve, assign, at, bookingOf, change, power, reveal, soon, terminate, until, work } from './steps.mjs';

const { customer, customerFrom, kubectl } = at('beispielhausen');
const folder = `${work}/machine`;
/** Longest start of an emulated machine, in seconds. */
const START = 400;

function drawKey(name) {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'murat@rathaus', '-f', `${folder}/${name}`]);
  return readFileSync(`${folder}/${name}.pub`, 'utf8').trim();
}

async function order(murat, key) {
  await murat.open('/offerings?q=Maschine');
  await murat.follow('IT-Verbund Beispielland');
  await murat.look('machine-offering');
  await murat.press('Bestellung beginnen');
  await murat.look('machine-form');
  await murat.type('name', 'Vermessung, Rechner');
  await murat.type('parameters.hostname', 'vermessung');
  await murat.type('parameters.storage_gib', '1');
  await murat.type('parameters.allowed_networks', '192.168.213.0/25');
  await assign(murat, '11.1.40', '11140', 'Eigener Rechner für die Auswertung der Vermessung');

  await murat.type('parameters.ssh_keys', 'ssh-rsa AAAAB3Nz');
  await murat.press('Weiter zur Prüfung');
  assert.match(await murat.text(), /Schlüssel 1:/);
  assert.equal(await murat.page.inputValue('[name="parameters.ssh_keys"]'), 'ssh-rsa AAAAB3Nz');
  assert.equal(await murat.page.inputValue('[name="parameters.hostname"]'), 'vermessung');
  await murat.look('machine-form-errors');
  ok('a key that cannot be used is named and kept');

  await murat.type('parameters.ssh_keys', readFileSync(`${folder}/customer`, 'utf8'));
  await murat.press('Weiter zur Prüfung');
  assert.match(await murat.text(), /Das ist ein privater Schlüssel/);
  assert.equal(await murat.page.inputValue('[name="parameters.ssh_keys"]'), '');
  assert.equal(await murat.page.inputValue('[name="parameters.hostname"]'), 'vermessung');
  ok('a private key is refused and does not come back');

  await murat.type('parameters.ssh_keys', key);
  await murat.press('Weiter zur Prüfung');
  assert.match(murat.page.url(), /\/check$/, await murat.text());
  await murat.look('machine-check');
  await murat.page.locator('[name="confirm"]').check();
  await murat.press('Bestellung zur Freigabe senden');
  assert.match(murat.page.url(), /\/orders\/[0-9a-f-]{36}/, await murat.text());
  return new URL(murat.page.url()).pathname.split('/').pop();
}

/** Runs a command in the machine, from the customer's network; the machine must have the key that was handed over. */
function ssh(access, command, key = 'customer', from = customer) {
  writeFileSync(`${folder}/known_hosts`, `${access['known-hosts']}\n`);
  const options = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${folder}/known_hosts`, 'IdentitiesOnly=yes',
    'BatchMode=yes', 'ConnectTimeout=30'];
  return from('ssh', '-i', `${folder}/${key}`, ...options.flatMap((option) => ['-o', option]), '-p', access.port,
    `${access.user}@${access.host}`, command).trim();
}

await story(async () => {
  mkdirSync(folder, { recursive: true });
  const key = drawKey('customer');
  drawKey('stranger');
  const murat = await Person.signIn('murat.demir@musterstadt.example');
  const tobias = await Person.signIn('tobias.krell@musterstadt.example');
  const id = await order(murat, key);
  await approve(tobias, id, 'machine');
  const began = performance.now();
  const booking = await bookingOf(murat, id);
  await murat.open(`/bookings/${booking}`);
  await until(murat, '.wa-headmeta', /Läuft/, START);
  await murat.look('machine-booking');
  ok(`the machine runs ${((performance.now() - began) / 1000).toFixed(1)} s after the approval`);

  const access = await reveal(murat, booking, 'machine-reveal', 'fingerprint');
  assert.equal(access.command, `ssh ${access.user}@${access.host}`);
  assert.equal(ssh(access, 'hostname; echo "Grenzstein 17" >notiz && sync && cat notiz'), 'vermessung\nGrenzstein 17');
  const shown = execFileSync('ssh-keygen', ['-l', '-f', `${folder}/known_hosts`], { encoding: 'utf8' });
  assert(shown.includes(access.fingerprint), `${shown} is not ${access.fingerprint}`);
  assert.throws(() => ssh(access, 'true', 'stranger'), /Permission denied/);
  const elsewhere = (...command) => customerFrom('200', ...command);
  assert.throws(() => ssh(access, 'true', 'customer', elsewhere), /timed out|refused/);
  ok("ssh from the customer's network, with the machine's key verified; a stranger's key and another network open nothing");

  await power(murat, booking, 'Jetzt anhalten', /Angehalten/, 240);
  assert.equal(kubectl('get', 'virtualmachineinstances', '-A', '-o', 'name').includes(booking.slice(-12)), false);
  await murat.look('machine-stopped');
  assert.throws(() => ssh({ ...access, host: access.address, 'known-hosts': access['known-hosts'].replace(access.host, access.address) }, 'true'));
  ok('stopped, nothing answers');

  const larger = { fields: { 'parameters.storage_gib': '2' }, why: 'Platz für die Messreihen' };
  await approve(tobias, await change(murat, booking, larger, 'machine'), 'machine-change');
  // The stand-in reads the size of the disk when the machine starts; KubeVirt would hand on what grows later, too.
  const disk = ['get', 'pvc', '-A', '-l', `wolkenamt.de/booking=${booking}`, '-o', 'jsonpath={.items[*].status.capacity.storage}'];
  await soon(60, () => assert.equal(kubectl(...disk), '2Gi'));
  await power(murat, booking, 'Jetzt starten', /Läuft/, START);
  assert.equal(await soon(30, () => ssh(access, 'cat notiz')), 'Grenzstein 17');
  const sectors = Number(ssh(access, 'cat /sys/block/vda/size'));
  assert.equal(sectors * 512, 2 * 1024 ** 3, 'the disk has the size that was ordered');
  await murat.open(`/bookings/${booking}`);
  await murat.look('machine-changed');
  ok('started again: the same machine with a larger disk, and what was written is still there');

  await terminate(murat, tobias, booking, 'machine');
  for (const kind of ['virtualmachines', 'pvc', 'volumeimportsources']) {
    assert.doesNotMatch(kubectl('get', kind, '-A', '-o', 'name'), new RegExp(`vm-${booking.slice(-12)}`));
  }
  ok('the machine and its disk are gone, and the proof is on the page');
});
