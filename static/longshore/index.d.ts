/** The types of Longshore's browser client. They cost the page nothing: browsers never load this file. */

/** What a file may be doing. Every state has its own look, its own icon and its own word. */
export type State =
  | 'queued'
  | 'uploading'
  | 'paused'
  | 'reconnecting'
  | 'checking'
  | 'uploaded'
  | 'stored'
  | 'refused'
  | 'failed'
  | 'cancelled'
  | 'interrupted';

/** Why a file was refused or failed: a stable code for programs, a sentence for people. */
export interface Problem {
  code: string;
  message: string;
}

/** What a slot takes, as the server says it in `welcome`. */
export interface Rules {
  accept?: string | string[];
  /** `accept` in words, such as "JPG, PNG or WebP". */
  accepts?: string;
  max_entries?: number;
  max_file_size?: number | null;
  min_file_size?: number;
  chunk_size?: number;
  auto_upload?: boolean;
}

/** One file that a person picked, with its path inside a picked folder. */
export interface Pick {
  file: File;
  path?: string;
}

/** An entry as `welcome` and `registered` name it. */
export interface RemoteEntry {
  ref: string;
  id?: string;
  slot: string;
  stream: number;
  name: string;
  size: number;
  offset: number;
  status?: string;
  url?: string;
  error?: Problem;
}

export interface Welcome {
  type: 'welcome';
  resume: string;
  max_frame: number;
  window: number;
  slots: Record<string, Rules>;
  entries?: RemoteEntry[];
}

export interface Registered {
  type: 'registered';
  slot: string;
  entries?: { ref: string; id: string; stream: number; offset: number }[];
  errors?: ({ ref: string } & Problem)[];
}

export interface Progress {
  type: 'progress';
  ref: string;
  id?: string;
  status: 'uploading' | 'verifying' | 'complete' | 'error' | 'cancelled';
  error?: Problem;
  url?: string;
}

export interface Reply {
  type: 'reply';
  seq: number;
  ok: boolean;
  error?: Problem;
}

/** Everything the server may say. */
export type Incoming =
  | Welcome
  | Registered
  | Progress
  | Reply
  | { type: 'ack'; stream: number; offset: number }
  | { type: 'nack'; stream: number; offset: number; code: string }
  | { type: 'region'; name: string; html: string }
  | { type: 'error'; code: string; message: string };

/** The way to the server, as far as those who send need to know it. */
export interface Link {
  readonly ready: boolean;
  readonly buffered: number;
  send(message: object): void;
  sendBytes(bytes: Uint8Array<ArrayBuffer>): void;
  restart(): void;
}

/** Who wants to know what becomes of the connection. */
export interface Listener {
  message(message: Incoming): void;
  /** The connection is gone; `reason` says whether it comes back. */
  down(reason: 'lost' | 'unavailable' | 'superseded'): void;
}

/** What has changed since the last frame; true stands for an entry that has left the page. */
export type Changes = Map<import('./entry.js').Entry, boolean>;

/** A part of the page that shows the entries of one slot. */
export interface View {
  update(changes: Changes): void;
}

/** What a control may ask for one file. */
export type Verb = 'pause' | 'resume' | 'cancel' | 'retry' | 'remove' | 'choose';

declare global {
  interface WindowEventMap {
    'longshore:upload:progress': CustomEvent<{
      ref: string;
      id: string | null;
      progress: number;
      status: 'uploading' | 'verifying' | 'complete' | 'error' | 'cancelled';
      uploadName: string;
      loaded: number;
      total: number;
    }>;
    'longshore:upload:error': CustomEvent<{ file: File | null; ref: string; error: Problem }>;
    'longshore:upload:rejected': CustomEvent<{
      uploadName: string;
      files: { file: File | null; ref: string; error: Problem }[];
    }>;
  }
}

/** Binds every control on the page. It is called once when the module is loaded; a page without a live path is left alone. */
export function start(): void;
