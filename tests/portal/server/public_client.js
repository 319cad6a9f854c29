// Sends a file with tus-js-client under Node.js, as the test that starts it says (JSON on the command line), and prints
// what became of it: where it goes, the offset of each piece, and how it ended.

const fs = require("node:fs");
const tus = require("tus-js-client");

const { endpoint, headers, file, url, stopAt, chunkSize, discard } = JSON.parse(process.argv[2]);
const content = fs.readFileSync(file);
const offsets = [];

function ended(how) {
  console.log(JSON.stringify({ how, url: upload.url, offsets }));
}

const upload = new tus.Upload(content, {
  endpoint,
  headers,
  uploadUrl: url,
  metadata: { filename: "film.jpg" },
  chunkSize: chunkSize || Number.POSITIVE_INFINITY,
  retryDelays: [0, 500, 1000, 2000, 4000],
  onBeforeRequest(request) {
    if (request.getMethod() === "PATCH") offsets.push(Number(request.getHeader("Upload-Offset")));
  },
  onChunkComplete(_size, accepted) {
    if (!stopAt || accepted < stopAt) return;
    upload.abort(discard).then(() => {
      ended(discard ? "discarded" : "stopped");
      process.exit(0);
    });
  },
  onSuccess: () => ended("sent"),
  onError(error) {
    ended(String(error));
    process.exit(1);
  },
});
upload.start();
