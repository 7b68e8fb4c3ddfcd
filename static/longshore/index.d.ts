/**
 * The types of Longshore's browser client. They cost the page nothing: browsers never load this file.
 *
 * Sizes are in bytes, speeds in bytes per second, times in seconds, progress in whole percent from 0 to 100.
 */

/** What a file may be doing. Every state has its own look, its own icon and its own word. */
export type State =
  /** Chosen. In an automatic slot it waits for its turn, in a manual one for `submit`. */
  | 'queued'
  | 'uploading'
  | 'paused'
  /** The connection is lost; it goes on by itself. */
  | 'reconnecting'
  /** Every byte has arrived and the server looks into the file. */
  | 'checking'
  /** It is good, and the page's form has to be saved to keep it. */
  | 'uploaded'
  /** It is safe on the server. */
  | 'stored'
  /** A rule of its slot was broken; sending it again would end the same way. */
  | 'refused'
  /** Something went wrong that may go well the next time. */
  | 'failed'
  | 'cancelled'
  /** It was begun before the page was loaded anew, and the same file has to be chosen again; or another window has taken it over. */
  | 'interrupted';

/** Why a file was refused or failed: a stable code for programs, a sentence for people. */
export interface Problem {
  code: string;
  message: string;
}

/** What a slot takes, as the server says it. */
export interface Rules {
  /** As in HTML: `.jpg,image/png,video/*`. Empty is any file. */
  accept?: string;
  /** `accept` in words, such as "JPG, PNG or WebP". */
  accepts?: string;
  /** All of it in words, such as "JPG, PNG or WebP, up to 10 files, 10 MB each". */
  rules?: string;
  /** How many files at once. */
  max_entries?: number;
  /** In bytes. */
  max_file_size?: number | null;
  /** In bytes. */
  min_file_size?: number;
  /** Bytes of payload that the page's developer suggests for one frame. */
  chunk_size?: number;
  /** False: files wait until `submit`, or until their form is sent. */
  auto_upload?: boolean;
}

/** One file that a person picked, with its path inside a picked folder. */
export interface Picked {
  file: File;
  path?: string;
}

/** How a file stands: a copy, which doesn't change any more. */
export interface Snapshot {
  /** Its name on this page. Trying it again gives it a new one. */
  ref: string;
  /** Its name on the server, once it is registered. */
  id: string | null;
  slot: string;
  name: string;
  /** In bytes. */
  size: number;
  /** Its path inside the folder that was chosen. */
  path: string | undefined;
  /** Bytes that the server has acknowledged. */
  loaded: number;
  /** Whole percent, rounded down. */
  progress: number;
  /** Bytes per second; 0 while it isn't known, and again when nothing has come for three seconds. */
  rate: number;
  status: State;
  error: Problem | null;
  /** Where the stored file is, as a path of the server. */
  url: string | null;
  /** Null for an upload that was begun before the page was loaded anew. */
  file: File | null;
}

/** How several files stand together. Those that were refused, failed or cancelled aren't counted. */
export interface Totals {
  files: number;
  /** How many of them are stored. */
  done: number;
  /** Bytes that the server has acknowledged. */
  loaded: number;
  /** Bytes in all. */
  total: number;
  /** Whole percent, rounded down. */
  progress: number;
  /** Bytes per second; 0 while it isn't known. */
  rate: number;
  /** Seconds left, or null while the speed isn't known. */
  remaining: number | null;
}

/** The uploads of the page: the same object for modules (`import { uploads }`) and for classic scripts (`window.longshore`). */
export interface Uploads {
  /** Kept when the server has answered for the first time; from then on `slots` is known. */
  readonly ready: Promise<void>;
  /** Whether there is a connection right now. */
  readonly connected: boolean;
  /** What each slot of the page takes, by its name. Empty until `ready`. */
  readonly slots: Record<string, Rules>;

  /**
   * Binds the controls that came to the page since, and connects if there is no connection yet. The page's own start is made when
   * the module is loaded; regions that the server renders again are bound by themselves.
   *
   * @param root where to look for `data-longshore-live`
   * @param path of the live door instead, such as `/photos/ws`
   */
  start(root?: ParentNode, path?: string | null): void;

  /** Closes the connection and lets go of the page. What is on its way waits for the next `start`. */
  stop(): void;

  /**
   * Adds files as if a person had chosen them; there is no `longshore:upload:selected` for them. Before the connection is there
   * they wait in their slot. What breaks a rule comes back as `refused`, with the reason in `error`.
   */
  add(slot: string, files: Iterable<File | Picked>): Snapshot[];

  /** Every file of a slot or, without it, of the page. */
  entries(slot?: string): Snapshot[];

  entry(ref: string): Snapshot | undefined;

  /** Holds one upload where it is or, without a reference, all. Nothing that has arrived is lost. */
  pause(ref?: string): void;

  /** Lets one paused upload go on or, without a reference, all. */
  resume(ref?: string): void;

  /** Stops one upload; its row stays and offers to try again. */
  cancel(ref: string): void;

  /** Stops whatever is on its way in a slot or, without it, on the page. */
  cancelAll(slot?: string): void;

  /** Tries again what was refused, has failed or was cancelled, from the beginning and under a new reference. */
  retry(ref: string): void;

  /** Takes one file off the page; an upload that is on its way is cancelled. What is stored stays stored. */
  remove(ref: string): void;

  /** Takes off the page what has come to its end and what was never let go: an empty list for the next choice. */
  clear(slot?: string): void;

  /** Lets the chosen files of manual slots go. The promise is kept when none of them is on its way any more. */
  submit(...slots: string[]): Promise<void>;

  /**
   * Sends an event to the page's view.
   *
   * @param slots whose files are kept by it: when the view has agreed, what was `uploaded` in them is `stored`
   * @throws {Error & Problem} with the view's reason, or with code `offline` where there is no connection
   */
  send(event: string, payload?: object, slots?: string[]): Promise<void>;

  totals(slot?: string): Totals;
}

export const uploads: Uploads;

/** What may be asked of `<longshore-upload>` in a script; its attributes are in `docs/guides/browser.md`. */
export interface UploadElement extends HTMLElement {
  /** Also an attribute; it may change at any time. */
  disabled: boolean;
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
  status: Progress['status'];
}

/** What the browser keeps of an upload that was begun. */
export interface Note {
  /** Of the entry on the server. */
  id: string;
  /** The path of the page's live door. */
  page: string;
  slot: string;
  name: string;
  size: number;
  path: string | undefined;
  /** When the file was last modified. */
  time: number;
  /** The digests of its first and its last bytes. */
  ends: string;
  /** The page that sends it. */
  tab: string;
  /** When it was written down. */
  at: number;
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
  slot?: string;
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
  /** The application has the file: nothing more happens to it here. */
  taken?: boolean;
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
  /** Connects once more, if another page has taken over. */
  again(): void;
}

/** Who wants to know what becomes of the connection. */
export interface Listener {
  message(message: Incoming): void;
  /** The connection is gone; `reason` says whether it comes back. */
  down(reason: 'lost' | 'unavailable' | 'superseded'): void;
}

/** A part of the page that shows entries. */
export interface View {
  /** It is let go when this isn't on the page any more. */
  readonly element: Element;
  /** An entry has changed; `gone` if it has left the page. Whether it has an element more by that. */
  show?(entry: import('./entry.js').Entry, gone: boolean): boolean | void;
  /** Everything of this frame has been shown. */
  frame?(): void;
}

/** What a list shows of one file. */
export interface Item {
  element: HTMLElement;
  update?(): void;
}

/** What a control may ask for one file. */
export type Verb = 'pause' | 'resume' | 'continue' | 'cancel' | 'retry' | 'remove' | 'choose';

declare global {
  interface Window {
    longshore: Uploads;
  }

  interface HTMLElementTagNameMap {
    'longshore-upload': UploadElement;
  }

  interface WindowEventMap {
    /** A person has chosen files. `preventDefault()` keeps them away; `uploads.add` may then bring others in their place. */
    'longshore:upload:selected': CustomEvent<{ uploadName: string; files: Picked[] }>;
    /** A file has moved on; at most twenty times a second for each. */
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
    /** All that were refused together; each of them had its `longshore:upload:error` before. */
    'longshore:upload:rejected': CustomEvent<{
      uploadName: string;
      files: { file: File | null; ref: string; error: Problem }[];
    }>;
    /** A slot has moved on; at most twenty times a second. */
    'longshore:upload:total': CustomEvent<{ uploadName: string } & Totals>;
    'longshore:connection': CustomEvent<{ state: 'connected' | 'lost' | 'unavailable' | 'superseded' }>;
  }
}
