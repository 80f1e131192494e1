// What the service broker of Nordhafen was asked and what it keeps, from its own log and file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { run } from './people.mjs';

const folder = `${run.logs}/../broker`;

/** While this file is there, the broker sets nothing up. */
export const closed = `${folder}/closed`;

/** What the broker was asked about an instance, as `call plan`. */
export function asked(booking) {
  const lines = readFileSync(`${run.logs}/broker.log`, 'utf8').split('\n').filter((line) => line.startsWith('{'));
  const calls = lines.map((line) => JSON.parse(line)).filter((call) => call.instance === booking);
  for (const call of calls) assert.equal(call.user, 'wolkenamt');
  return calls.map((call) => `${call.call} ${call.plan}`);
}

/** What the broker keeps. */
export const kept = () => readFileSync(`${folder}/instances.json`, 'utf8');
