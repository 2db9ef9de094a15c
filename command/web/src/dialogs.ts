/** Dialogs: who works here, the way out of a drill. */

import { button, el } from "./dom";
import { setWho, state, who } from "./store";
import { of, t } from "./texts";

/** Open a dialog with a title; Esc closes it. */
export function open(title: string, ...children: Node[]): HTMLDialogElement {
  document.querySelector("dialog")?.remove();
  const node = el("dialog", { "aria-label": title }, el("h2", {}, title), ...children);
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
  return node;
}

function row(...children: Node[]): HTMLElement {
  return el("div", { class: "dialog-acts" }, ...children);
}

/** Ask who works here; *done* is called once somebody has said so. */
export function askWho(done: () => void): void {
  const posts = state.plan?.posts ?? [];
  const choose = (call: string, role: string): void => {
    setWho({ call, role });
    node.close();
    done();
  };
  const me = who();
  const list = posts.map((post) => {
    const item = button("post", "", () => choose(post.call_sign, post.role.en));
    item.append(el("b", {}, post.call_sign), ` ${of(post.role)}`);
    item.setAttribute("aria-pressed", String(me?.call === post.call_sign && me.role === post.role.en));
    return item;
  });
  const body = posts.length ? el("div", { class: "posts" }, ...list) : ownWords(choose);
  const node = open(t("who.title"), el("p", {}, posts.length ? t("who.text") : t("who.none")), body, row(button("quiet", t("dialog.cancel"), () => node.close())));
}

function ownWords(choose: (call: string, role: string) => void): HTMLElement {
  const call = el("input", { type: "text", maxlength: 64, "aria-label": t("who.call"), placeholder: t("who.call") });
  const role = el("input", { type: "text", maxlength: 64, "aria-label": t("who.role"), placeholder: t("who.role") });
  const send = button("main", t("dialog.send"), () => {
    if (call.value.trim() && role.value.trim()) choose(call.value.trim(), role.value.trim());
  });
  return el("div", { class: "fields" }, call, role, send);
}

/** The way out of a drill. */
export function askStopDrill(toLive: () => void): void {
  const live = state.modes?.some((mode) => mode.mode === "live" && mode.state === "running") ?? false;
  const go = button("danger", t("drill.stop_do"), () => {
    node.close();
    toLive();
  });
  const back = button("quiet", t("dialog.cancel"), () => node.close());
  const node = open(t("drill.stop_title"), el("p", {}, live ? t("drill.stop_text") : t("drill.stop_none")), live ? row(go, back) : row(back));
}
