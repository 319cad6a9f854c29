// Compares a report's PDF with what was issued: the file's digest is made here, and the file stays here.
const form = document.getElementById("compare");
const file = form?.querySelector("input[type=file]");

// browsers work out digests on secure pages only; elsewhere the field to type into stays
if (file && globalThis.crypto?.subtle) {
  const says = document.getElementById("document-help");
  form.querySelector("[data-choose]").hidden = false;
  form.querySelector("[data-type]").hidden = true;
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > 50 * 1024 ** 2) {
      says.textContent =
        "This file is larger than 50 MB: reports are much smaller. Choose the PDF that the clinic issued.";
      return;
    }
    says.textContent = "Comparing …";
    try {
      const digest = await crypto.subtle.digest("SHA-256", await chosen.arrayBuffer());
      form.elements.sha256.value = Array.from(new Uint8Array(digest), (byte) =>
        byte.toString(16).padStart(2, "0"),
      ).join("");
      form.submit();
    } catch {
      says.textContent = "The file could not be read. Choose it again.";
    }
  });
}
