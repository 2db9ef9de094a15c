/** One form in a dialog: fields, one button that sends, and the sentence that refuses. */

import { open } from "./dialogs";
import { button, el, say } from "./dom";
import { t } from "./texts";

const ARMED_MS = 3000;

export interface Field {
  name: string;
  label: string;
  kind: "select" | "words" | "line";
  options?: [value: string, label: string, disabled?: boolean][];
  value?: string;
  required?: boolean;
}
export type Values = Record<string, string>;
export interface Form {
  title: string;
  lead?: string[];
  fields: Field[];
  send: string;
  /** Whether the button is pressed twice. */
  second?: (values: Values) => boolean;
  /** A line that changes with what is chosen, and whether a reason must be given. */
  note?: (values: Values) => string;
  /** Which fields are asked for now. */
  shows?: (name: string, values: Values) => boolean;
  needs?: (name: string, values: Values) => boolean;
  done: (values: Values, second: boolean) => Promise<string | null>;
}
type Input = HTMLSelectElement | HTMLTextAreaElement | HTMLInputElement;

function input(field: Field): Input {
  if (field.kind === "words") return el("textarea", { rows: 2, maxlength: 500 });
  if (field.kind === "line") return el("input", { type: "text", maxlength: 120 });
  const made = el("select");
  for (const [value, label, disabled] of field.options ?? []) made.append(el("option", { value, disabled: disabled === true }, label));
  return made;
}

/** Ask; Esc goes back, Enter in a line sends. */
export function ask(form: Form): void {
  const inputs = new Map<string, Input>();
  const rows = new Map<string, HTMLElement>();
  for (const field of form.fields) {
    const made = input(field);
    made.name = field.name;
    if (field.value !== undefined) made.value = field.value;
    inputs.set(field.name, made);
    rows.set(field.name, el("label", { class: "field" }, el("span", {}, field.label), made));
  }
  const values = (): Values => Object.fromEntries([...inputs].map(([name, made]) => [name, made.value.trim()]));
  const wrong = el("p", { class: "wrong", role: "alert" });
  const note = el("p", { class: "note", "aria-live": "polite" });
  const go = el("button", { type: "submit", class: "main" }, form.send);
  let armed = 0;
  const disarm = (): void => {
    window.clearTimeout(armed);
    armed = 0;
    go.classList.remove("armed");
    say(go, form.send);
  };
  const refresh = (): void => {
    const now = values();
    say(note, form.note?.(now) ?? "");
    for (const [name, row] of rows) row.hidden = form.shows ? !form.shows(name, now) : false;
    disarm();
  };
  const body = el("form", { novalidate: true }, ...(form.lead ?? []).filter(Boolean).map((text) => el("p", {}, text)), ...rows.values(), note, wrong);
  body.append(el("div", { class: "dialog-acts" }, go, button("quiet", t("dialog.cancel"), () => node.close())));
  body.addEventListener("change", refresh);
  body.addEventListener("submit", (event) => {
    event.preventDefault();
    const now = values();
    const missing = form.fields.find((field) => !rows.get(field.name)?.hidden && !now[field.name] && (field.required || form.needs?.(field.name, now)));
    if (missing) {
      say(wrong, t("act.missing", { field: missing.label }));
      return inputs.get(missing.name)?.focus();
    }
    const second = form.second?.(now) ?? false;
    if (second && !armed) {
      armed = window.setTimeout(disarm, ARMED_MS);
      go.classList.add("armed");
      return say(go, `${form.send} – ${t("act.again")}`);
    }
    disarm();
    go.disabled = true;
    void form.done(now, second).then((why) => {
      go.disabled = false;
      if (why === null) node.close();
      else say(wrong, t("ack.failed", { why }));
    });
  });
  const node = open(form.title, body);
  refresh();
  const first = form.fields.find((field) => !rows.get(field.name)?.hidden && !field.value && (field.required || form.needs?.(field.name, values())));
  ((first && inputs.get(first.name)) || go).focus();
}
