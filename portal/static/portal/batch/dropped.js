// The files of what somebody dropped: files, and the files in folders, however deep.

function entriesIn(reader) {
  return new Promise((take) => reader.readEntries(take, () => take([])));
}

async function filesIn(entry) {
  if (entry.isFile)
    return new Promise((take) =>
      entry.file(
        (file) => take([file]),
        () => take([]),
      ),
    );
  const reader = entry.createReader();
  const found = [];
  for (let some = await entriesIn(reader); some.length; some = await entriesIn(reader)) found.push(...some);
  const files = [];
  for (const one of found) files.push(...(await filesIn(one)));
  return files;
}

// The entries have to be asked for at once: after the event the browser has forgotten them.
export function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return Promise.resolve([...transfer.files]);
  return Promise.all(entries.map(filesIn)).then((files) => files.flat());
}
