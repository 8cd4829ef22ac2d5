/** One field of a page: what is in it, and what the server has. @module */

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/** Sent in a save whose answer never came: the server has this or that. @type {WeakSet<Field>} */
export const unsure = new WeakSet();

/** @param {HTMLSelectElement} select */
const savedOption = ({ options }) => [...options].find((one) => one.defaultSelected) ?? options[0];

/** @param {Field} field @returns {string} what the server has, as far as this page knows */
export const saved = (field) =>
  field instanceof HTMLSelectElement ? savedOption(field).value : field.defaultValue;

/** @param {Field} field @param {string} value as the server has it */
export function setSaved(field, value) {
  unsure.delete(field);
  if (field instanceof HTMLSelectElement) {
    const typed = field.value;
    for (const option of field.options) option.defaultSelected = option.value === value;
    field.value = typed;
  } else field.defaultValue = value;
}

/** @param {Field} field */
export const isUnsaved = (field) => field.value !== saved(field) || unsure.has(field);

/**
 * Take over what the server has. What was typed since stays.
 * @param {Field} field @param {string} value @param {string} [sent] none: what was there is saved
 */
export function adopt(field, value, sent = saved(field)) {
  const isUntouched = field.value === sent;
  setSaved(field, value);
  if (isUntouched) field.value = value;
}
