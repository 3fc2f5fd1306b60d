import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { decisionFeed, type DecisionFeed } from '@countersign/service-kit';

const KEPT = 500;

/** A record (`docs/decision-records.md`), the answer to a request, or an attempt; and the service that tells of it. */
export interface ShownRecord {
  readonly service: string;
  readonly direction: 'inbound' | 'outbound' | 'answer' | 'attempt';
  readonly [member: string]: unknown;
}

type Watcher = (record: ShownRecord) => void;

/** The latest decisions of all services, for those who watch. In this process only. */
@Injectable()
export class DecisionBoard implements BeforeApplicationShutdown {
  readonly #records: ShownRecord[] = [];
  readonly #watchers = new Map<Watcher, () => void>();

  add(record: ShownRecord): void {
    this.#records.push(record);
    if (this.#records.length > KEPT) this.#records.shift();
    for (const watcher of this.#watchers.keys()) watcher(record);
  }

  /**
   * Tells of each record, those first that are known already.
   * @param ended called when the gateway stops.
   * @returns ends it.
   */
  watch(watcher: Watcher, ended: () => void): () => void {
    this.#records.forEach(watcher);
    this.#watchers.set(watcher, ended);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** The gateway's own decisions and answers: logged, and shown. */
  feed(): DecisionFeed {
    const log = decisionFeed('gateway', undefined);
    return {
      record: (decision) => {
        log.record(decision);
        this.add({ service: 'gateway', ...decision });
      },
      answered: (answer) => {
        this.add({ service: 'gateway', ...answer });
      },
    };
  }

  /** A page that watches would keep the server open. */
  beforeApplicationShutdown(): void {
    for (const ended of this.#watchers.values()) ended();
  }
}
