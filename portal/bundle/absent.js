// Stands in for a writer of XML files, which a film viewer never calls and which no browser can run.
export function create() {
  throw new Error("XML is not written here.");
}
