/** The keyboard: A, P and M act on the focused card only; O turns to the orders, R reports, arrows move, / finds, Esc goes back. */

import type { CardsView } from "./cards";

export interface KeyActs {
  back(): void;
  find(): void;
  orders(): void;
  report(): void;
}

/** Listen to the keyboard. */
export function listen(cards: CardsView, acts: KeyActs): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const writing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLSelectElement;
    if (event.key === "Escape") return acts.back();
    if (writing) return;
    const done = press(event, cards, acts);
    if (done) event.preventDefault();
  });
}

function press(event: KeyboardEvent, cards: CardsView, acts: KeyActs): boolean {
  if (event.key === "/") acts.find();
  else if (event.key.toLowerCase() === "o") acts.orders();
  else if (event.key.toLowerCase() === "r") acts.report();
  else if (event.key === "ArrowDown") cards.move(1);
  else if (event.key === "ArrowUp") cards.move(-1);
  else return onCard(event, cards);
  return true;
}

function onCard(event: KeyboardEvent, cards: CardsView): boolean {
  const card = cards.focused();
  const key = event.key.toLowerCase();
  if (!card || !["a", "p", "m"].includes(key)) return false;
  if (event.repeat) return true;
  if (key === "a") card.press();
  else if (key === "p") card.order();
  else card.menu();
  return true;
}
