/** The keyboard: A acknowledges the focused card only, arrows move, / finds, Esc goes back. */

import type { CardsView } from "./cards";

export interface KeyActs {
  back(): void;
  find(): void;
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
  else if (event.key === "ArrowDown") cards.move(1);
  else if (event.key === "ArrowUp") cards.move(-1);
  else if (event.key.toLowerCase() === "a" && cards.focused()) {
    if (!event.repeat) cards.focused()?.press();
  } else return false;
  return true;
}
