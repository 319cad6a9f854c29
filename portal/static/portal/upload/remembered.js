// Remembers in this browser where the pieces of a file go, so that the same file, chosen again, goes on where it
// stopped. A file's name may be a patient's: only digests are kept, each person's apart.

const PREFIX = "carina.upload.";
const DAYS = 4; // longer than the portal keeps what came
const DAY_MS = 24 * 3600 * 1000;
const HEAD = 1024 * 1024;
const TAIL = 64 * 1024;

// Files of two patients may agree in name, size and date, never in their first and last bytes as well.
export async function fingerprint(file) {
  if (!window.crypto?.subtle) return null;
  const said = [document.body.dataset.user, file.name, file.size, file.lastModified].join("\n");
  const parts = [new Blob([said]), file.slice(0, HEAD), file.slice(Math.max(0, file.size - TAIL))];
  const digest = await window.crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // no storage here, or not ours
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // no storage here
  }
}

function forgetOld() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && Date.now() - (read(key)?.at || 0) > DAYS * DAY_MS) forget(key);
  }
}

// What tus-js-client calls a URL storage.
export const remembered = {
  async findAllUploads() {
    return [];
  },

  async findUploadsByFingerprint(mark) {
    const key = PREFIX + mark;
    const known = read(key);
    return known?.url ? [{ uploadUrl: known.url, urlStorageKey: key, creationTime: known.at, metadata: {} }] : [];
  },

  async addUpload(mark, { uploadUrl }) {
    const key = PREFIX + mark;
    try {
      forgetOld();
      localStorage.setItem(key, JSON.stringify({ url: uploadUrl, at: Date.now() }));
    } catch {
      // no storage here: the file goes all the same, and begins anew if the page is closed
    }
    return key;
  },

  async removeUpload(key) {
    forget(key);
  },
};
