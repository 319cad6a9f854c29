// What every request of the list says: who opened it, and for which clinic.

import { token } from "../upload/sending.js";

export function dataOf(form) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", token(form));
  for (const name of ["form_of", "opened_in"]) data.append(name, form.elements[name].value);
  return data;
}
