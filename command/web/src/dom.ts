/** Elements made without markup: every text is a text node, whatever it holds. */

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | null>;
const SVG = "http://www.w3.org/2000/svg";

function fill(node: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  for (const child of children) if (child !== null) node.append(child);
}

/** Set an attribute; `false` and `null` take it away. */
export function set(node: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : String(value));
}

/** An HTML element. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  fill(node, attributes, children);
  return node;
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS(SVG, name);
  fill(node, attributes, children);
  return node;
}

/** A button that does *act*. */
export function button(name: string, label: string, act: () => void): HTMLButtonElement {
  const node = el("button", { type: "button", class: name }, label);
  node.addEventListener("click", act);
  return node;
}

/** Change a text only when it differs, so that screen readers stay calm. */
export function say(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
