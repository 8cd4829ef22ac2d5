/** Files from the browse dialog, a drop (folders too) or the clipboard, in their order. @module */

import { text } from "../../texts.js";
import { toast } from "../../toasts.js";

/** All files of an entry, a folder's by name. What cannot be read is left out.
 * @param {FileSystemEntry} entry @returns {Promise<File[]>} */
const filesOf = (entry) => readEntry(entry).catch(() => []);

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function readEntry(entry) {
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    // A reader hands out a folder in portions and ends with an empty one.
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!portion.length) break;
    found.push(...portion);
  }
  found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return (await Promise.all(found.map(filesOf))).flat();
}

/** @param {DataTransfer} data @returns {Promise<File[]>} */
async function dropped(data) {
  // Entries must be taken before the first wait: the browser empties the list then.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry());
  const plain = [...data.files];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat().filter((file) => file.type.startsWith("image/"));
}

/** Pictures on the clipboard. Cells or words come with a picture of themselves, which nobody wants.
 * @param {ClipboardEvent} event @returns {File[]} */
function pasted({ clipboardData }) {
  if (!clipboardData || clipboardData.types.includes("text/plain")) return [];
  return [...clipboardData.files];
}

/** @param {DragEvent} event */
const carriesFiles = (event) => !!event.dataTransfer?.types.includes("Files");

/**
 * @param {HTMLElement} panel the drop target
 * @param {HTMLInputElement} input for browsing; emptied by whoever takes its files
 * @param {(files: File[]) => void} take
 */
export function onFiles(panel, input, take) {
  const browsed = () => input.files?.length && take([...input.files]);
  input.addEventListener("change", browsed);
  // Chosen before this module was here.
  queueMicrotask(browsed);
  addEventListener("paste", (event) => {
    const files = pasted(event);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  // The whole window takes the drop, or the browser would open the file and leave the page.
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    panel.classList.add("is-target");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) panel.classList.remove("is-target");
  });
  addEventListener("drop", async (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    panel.classList.remove("is-target");
    const files = await dropped(event.dataTransfer);
    if (files.length) take(files);
    else toast(text(panel, "noPictures"), { error: true });
  });
}
