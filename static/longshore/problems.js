// @ts-check
/**
 * What the client itself has to say when something doesn't work; all other reasons are the server's words.
 */

export const OFFLINE = { code: 'offline', message: 'There is no connection right now. Try again in a moment.' };
export const FAILED = { code: 'failed', message: "That didn't work. Try again." };
export const UNREADABLE = { code: 'unreadable', message: "The file can't be read any more. It may have been moved or changed." };
