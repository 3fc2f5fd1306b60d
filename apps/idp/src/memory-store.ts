import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import type { ClientRecord } from './config.js';

interface Entry {
  readonly model: string;
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What the provider remembers, in this process: it outlives a rotation of the keys, and no restart. */
export function memoryStore(clients: readonly ClientRecord[]): AdapterFactory {
  const entries = new Map<string, Entry>();
  const living = () => [...entries].filter(([, { expiresAt }]) => expiresAt > Date.now());

  return (model): Adapter => {
    const keyOf = (id: string) => `${model}:${id}`;
    const findBy = async (member: 'uid' | 'userCode', value: string) =>
      living().find(([, entry]) => entry.model === model && entry.payload[member] === value)?.[1].payload;
    return {
      async find(id) {
        const client = model === 'Client' && clients.find(({ client_id }) => client_id === id);
        if (client) return { ...client };
        const entry = entries.get(keyOf(id));
        return entry !== undefined && entry.expiresAt > Date.now() ? entry.payload : undefined;
      },
      async upsert(id, payload, expiresIn) {
        for (const [key, { expiresAt }] of entries) if (expiresAt <= Date.now()) entries.delete(key);
        entries.set(keyOf(id), { model, payload, expiresAt: Date.now() + (expiresIn || Infinity) * 1000 });
      },
      async destroy(id) {
        entries.delete(keyOf(id));
      },
      async consume(id) {
        const entry = entries.get(keyOf(id));
        if (entry !== undefined) entry.payload.consumed = Math.floor(Date.now() / 1000);
      },
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (userCode) => findBy('userCode', userCode),
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
      },
    };
  };
}
