// Access data as a program gets them: a key pair that is made here, and the box that only it opens.
import { createRequire } from 'node:module';

const sodium = createRequire(`${process.env.WOLKENAMT_NODE_MODULES}/x.js`)('libsodium-wrappers');
await sodium.ready;

/** A key pair: `publicKey` in base64, and `open`, which turns a sealed answer into an object of its fields. */
export function keyPair() {
  const pair = sodium.crypto_box_keypair();
  return {
    publicKey: Buffer.from(pair.publicKey).toString('base64'),
    open(sealed) {
      const plain = sodium.crypto_box_seal_open(Buffer.from(sealed, 'base64'), pair.publicKey, pair.privateKey);
      return Object.fromEntries(JSON.parse(Buffer.from(plain)).fields.map((field) => [field.name, field.value]));
    },
  };
}
