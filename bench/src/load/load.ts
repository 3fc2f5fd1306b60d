/** What one run of a load generator did. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers other than 2xx, and connections that failed. */
  readonly failures: number;
}

export interface LoadTask {
  readonly url: string;
  /** A file with one token to a line; they are sent in that order, and again from the start when all were sent. */
  readonly tokenFile: string;
  readonly length: LoadLength;
}

/** For so long, or so many requests. Only autocannon counts. */
export type LoadLength = { readonly seconds: number } | { readonly requests: number };

/** Sends requests over some kept-alive connections as fast as they are answered. */
export interface Load {
  /** For the machine's description. */
  readonly name: string;
  run(task: LoadTask): Promise<LoadResult>;
  close(): Promise<void>;
}

export const CONNECTIONS = 32;
